/** Wrong bytes, lengths, methods and JSON against a running service: the sender is told or cut off, nobody else notices. */
import { once } from "node:events";
import { connect as connectSocket, type Socket } from "node:net";
import { FlightService } from "@msec/example-flight-web/flight";
import { connect, type MsecClient } from "@msec/sdk";
import { makeTempDirectory, type RunningProgram, startProgram, TestScope, waitUntil } from "@msec/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { flightQuery } from "./flight.js";
import { exampleDirectory, MSEC } from "./msec-cli.js";

const scope = new TestScope();
let service: RunningProgram;
let port = 0;
let good: MsecClient;

beforeAll(async () => {
  const words = ["run", "--no-watch", "--dir", exampleDirectory("flight"), "--bind", "127.0.0.19"];
  service = await startProgram(scope, [...MSEC, ...words, "--home", makeTempDirectory(scope, "home")]);
  port = Number(/:(\d+)\/tcp/.exec(String(service.ready.listen))?.[1]);
  good = connect({ caller: "test.good", home: makeTempDirectory(scope, "client") });
  scope.add(() => good.close());
});
afterAll(() => scope.close());

const ask = () => good.call(FlightService.methods.queryFlight, `127.0.0.19:${port}@tcp`, flightQuery);
afterEach(async () => {
  expect(await ask()).toMatchObject({ errcode: 0 });
});

async function openSocket(): Promise<{ socket: Socket; received: () => Buffer; isClosed: () => boolean }> {
  const socket = connectSocket(port, "127.0.0.19");
  scope.add(() => socket.destroy());
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk)).on("error", () => undefined);
  await once(socket, "connect");
  return { socket, received: () => Buffer.concat(chunks), isClosed: () => socket.closed || socket.readableEnded };
}

/** `(`, lengths of head and body, content, end. */
function frame(headBytes: number, bodyBytes: number, content = Buffer.alloc(0), end = ")"): Buffer {
  const prefix = Buffer.alloc(9);
  prefix.write("(");
  prefix.writeInt32BE(headBytes, 1);
  prefix.writeInt32BE(bodyBytes, 5);
  return Buffer.concat([prefix, content, Buffer.from(end)]);
}

describe("frames that can't be understood", () => {
  it.each([
    { name: "no frame at all", bytes: Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) },
    { name: "a length of 2 GiB", bytes: frame(16, 0x7fffffff) },
    { name: "a negative length", bytes: frame(-1, 4) },
    { name: "nothing inside", bytes: frame(0, 0) },
    { name: "a wrong last byte", bytes: frame(2, 0, Buffer.from([0x50, 1]), "!") },
  ])("end their own connection: $name", async ({ bytes }) => {
    const { socket, isClosed } = await openSocket();
    socket.write(bytes);
    await waitUntil("the connection is closed", isClosed, 5_000);
  });

  it("wait for the rest of a frame without holding anybody up", async () => {
    const { socket, isClosed } = await openSocket();
    socket.write(frame(64, 64).subarray(0, 7));
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    expect(answers).toHaveLength(20);
    expect(isClosed()).toBe(false);
  });
});

describe("requests that can't be served", () => {
  const unknown = { ...FlightService.methods.queryFlight, name: "land", fullName: "flight.flight_service.land" };

  it("name a method that is not there: the caller is told, its connection stays", async () => {
    await expect(good.call(unknown, `127.0.0.19:${port}@tcp`, flightQuery)).rejects.toMatchObject({
      code: "UNIMPLEMENTED",
      reason: "RPC_METHOD_UNKNOWN",
      message: expect.stringContaining("flight.flight_service.land"),
    });
  });

  it("have a body that is no message: answered with an error, and the next request on that connection too", async () => {
    const head = Buffer.concat([
      Buffer.from([0x50, 7, 0xa0, 0x01, 0, 0x9a, 0x03, 33]),
      Buffer.from("flight.flight_service.queryFlight"),
    ]);
    const { socket, received, isClosed } = await openSocket();
    for (let request = 1; request <= 2; request++) {
      socket.write(frame(head.length, 2, Buffer.concat([head, Buffer.from([0x0a, 0x7f])])));
      await waitUntil(
        `answer ${request}`,
        () => received().toString("latin1").split("RPC_REQUEST_INVALID").length > request,
        5_000,
      );
    }
    expect(isClosed()).toBe(false);
  });

  it.each([
    { name: "broken JSON", body: "{", reason: "PROTO_" },
    { name: "unknown field", body: JSON.stringify({ ...flightQuery, color: "red" }), reason: "color" },
    { name: "wrong type", body: '{"name":7}', reason: "\\$\\.name" },
    { name: "missing field", body: '{"name":"a"}', reason: "password" },
  ])("are HTTP with $name", async ({ body, reason }) => {
    const url = `http://127.0.0.19:${port}/flight.flight_service.queryFlight`;
    const answer = await fetch(url, { method: "POST", body });
    const text = await answer.text();
    expect(JSON.parse(text).ret).toBeLessThan(0);
    expect(text).toMatch(new RegExp(reason));
    const real = await fetch(`${url}?status=real`, { method: "POST", body });
    expect(real.status).toBe(400);
  });

  it("are HTTP for a method that is not there", async () => {
    const answer = await fetch(`http://127.0.0.19:${port}/flight.flight_service.land`, { method: "POST", body: "{}" });
    expect(await answer.json()).toMatchObject({ ret: -6, reason: "RPC_METHOD_UNKNOWN" });
  });

  it("are HTTP with endless headers", async () => {
    const { socket, received, isClosed } = await openSocket();
    socket.write(`POST / HTTP/1.1\r\nX: ${"x".repeat(64 << 10)}`);
    await waitUntil("the connection is closed", isClosed, 5_000);
    expect(received().toString()).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
  });
});

it("left nothing but its own log", () => {
  expect(service.output()).not.toMatch(/uncaught|unhandled/i);
});
