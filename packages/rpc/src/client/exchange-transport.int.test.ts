/** Protocols that run over one transport only. */
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createRpcClient } from "./client.js";
import type { ExchangeProtocol } from "./exchange-protocol.js";
import type { CallOutcome } from "./picker.js";

const lines: ExchangeProtocol<string, string> = {
  name: "lines",
  transport: "tcp",
  encode: (_sequence, text, writer) => writer.raw(new TextEncoder().encode(`${text}\n`)),
  frameLength: (bytes, start, end) => bytes.subarray(start, end).indexOf(10) + 1,
  decode: (bytes) => new TextDecoder().decode(bytes.subarray(0, -1)),
};

async function shoutingServer(): Promise<number> {
  const server = createServer((socket) => {
    socket.on("data", (chunk) => socket.write(chunk.toString().toUpperCase()));
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

it("refuses an instance that is known by the other transport, says so, and holds nothing against it", async () => {
  const port = await shoutingServer();
  const told: CallOutcome[] = [];
  let transport: "tcp" | "udp" = "udp";
  const pick = () => ({
    host: "127.0.0.1",
    port,
    transport,
    report: (outcome: CallOutcome) => void told.push(outcome),
  });
  const client = createRpcClient({ service: "Test.caller", picker: { pick } });
  onTestFinished(() => client.close());
  await expect(client.exchange("Test.shouter", lines, "hello")).rejects.toMatchObject({
    reason: "RPC_TRANSPORT_UNSUPPORTED",
    message: `tcp not supported: 127.0.0.1:${port} is known as udp only`,
  });
  await expect(client.exchange(`127.0.0.1:${port}@udp`, lines, "hello")).rejects.toThrow("tcp not supported");
  transport = "tcp";
  expect(await client.exchange("Test.shouter", lines, "hello")).toBe("HELLO");
  expect(told).toEqual(["cancelled", "success"]);
});
