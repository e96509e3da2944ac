import { createServer } from "node:net";
import { afterEach, expect, it } from "vitest";
import { connect } from "./connect.js";
import { defineService } from "./define-service.js";
import { FlightService } from "./flight-fixture.gen.js";
import type { ExchangeProtocol } from "./index.js";
import { type RunningService, runService } from "./run-service.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const lines: ExchangeProtocol<string, string> = {
  name: "lines",
  encode: (_sequence, text, writer) => void writer.raw(Buffer.from(`${text}\n`)),
  frameLength: (bytes, start, end) => {
    const at = bytes.indexOf(10, start);
    return at < 0 || at >= end ? 0 : at + 1 - start;
  },
  decode: (bytes) => Buffer.from(bytes.subarray(0, -1)).toString(),
};

async function start(definition: Parameters<typeof runService>[0]): Promise<RunningService & { target: string }> {
  const running = await runService(definition, {
    service: "Flight.query",
    bind: "127.0.0.1",
    config: "[SRPC]\nlisten = 0/tcp\n",
  });
  cleanups.push(() => running.stop());
  return Object.assign(running, { target: `${running.addresses[0]?.replace("/tcp", "")}@tcp` });
}

it("calls by stub, by name, as bytes and in other protocols, from handlers and outside", async () => {
  const upper = createServer((socket) => socket.on("data", (chunk) => socket.write(chunk.toString().toUpperCase())));
  await new Promise<void>((resolve) => upper.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => upper.close());
  const shout = `127.0.0.1:${(upper.address() as { port: number }).port}@tcp`;
  const book = (): { booking_id: bigint } => ({ booking_id: 7n });
  const back = await start(
    defineService(FlightService, {
      queryFlight: async (request, ctx) => ({ number: await ctx.exchange(shout, lines, request.number) }),
      book,
    }),
  );
  const front = await start(
    defineService(FlightService, {
      init: (_config, app) => app.register(FlightService),
      queryFlight: async (request, ctx) => {
        const byStub = await ctx.stub(FlightService, back.target).queryFlight(request);
        const byName = await ctx.callMethod(back.target, "flight.FlightService.QueryFlight", request, 500);
        return { number: `${byStub.number} ${(byName as typeof byStub).number}` };
      },
      book,
    }),
  );
  const client = connect({ caller: "Test.caller", home: "/nonexistent", services: [FlightService] });
  cleanups.push(() => client.close());
  const answer = await client.stub(FlightService, front.target).queryFlight({ number: "cz1" });
  expect(answer.number).toBe("CZ1 CZ1");
  expect(await client.callMethod(front.target, "flight.FlightService.QueryFlight", { number: "a" })).toEqual(
    expect.objectContaining({ number: "A A" }),
  );
  expect(await client.exchange(shout, lines, "b")).toBe("B");
  expect(await front.app.exchange(shout, lines, "c")).toBe("C");
  await expect(client.callMethod(front.target, "flight.FlightService.Nothing", {})).rejects.toMatchObject({
    reason: "RPC_METHOD_UNREGISTERED",
  });
});
