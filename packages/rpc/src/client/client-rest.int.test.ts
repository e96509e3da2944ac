/** Connections without work must not keep a program alive that has nothing else to do. */
import { expect, it, vi } from "vitest";
import { ListPicker, openClient, say, startServer } from "./client-fixture.js";

/** How many of a kind keep this process alive now. */
const holding = (kind: string): number => process.getActiveResourcesInfo().filter((name) => name === kind).length;

it.each([
  { transport: "tcp", kind: "TCPSocketWrap", ofServer: 1 },
  { transport: "udp", kind: "UDPWrap", ofServer: 0 },
])("a $transport connection holds the process while a call is under way, and only then", async (way) => {
  const { transport, kind, ofServer } = way;
  const answers: (() => void)[] = [];
  const { server, port } = await startServer(async (request) => {
    await new Promise<void>((resolve) => answers.push(resolve));
    return request;
  });
  if (transport === "udp") await server.listenUdp({ host: "127.0.0.1", port });
  const client = openClient(new ListPicker([]));
  const before = holding(kind);
  const untilHeldBy = (count: number) =>
    vi.waitFor(() => expect(holding(kind) - before - ofServer).toBe(count), { timeout: 3_000 });

  for (const text of ["the first", "and again after a rest"]) {
    const call = client.call(say, `127.0.0.1:${port}@${transport}`, { text }, { timeoutMs: 5_000 });
    await expect.poll(() => answers.length).toBe(1);
    await untilHeldBy(1);
    answers.pop()?.();
    expect(await call).toEqual({ text });
    await untilHeldBy(0);
  }
});
