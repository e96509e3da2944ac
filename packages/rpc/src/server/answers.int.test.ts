/** What the server answers in each situation, over TCP and over UDP: the table of docs/protocols/srpc.md, "What the server answers". */
import { AppError, type HostPort } from "@msec/core";
import { createHead, createMessageType, encodeFrame, type RpcHead } from "@msec/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { bindService, createRpcServer, type RpcServer, type RpcServerLimits } from "../index.js";
import { RawDatagrams } from "./datagram-fixture.js";
import { RawPeer, requestFrame, type Text, TextType, until } from "./server-fixture.js";

const EmptyType = createMessageType<Record<string, never>>("test.Empty", []);
const Echo = {
  typeName: "test.Echo",
  methods: {
    Say: { fullName: "test.Echo.Say", name: "Say", input: TextType, output: TextType, isIdempotent: true },
    Ping: { fullName: "test.Echo.Ping", name: "Ping", input: EmptyType, output: EmptyType, isIdempotent: true },
  },
};

/** What came back: the head and the size of the whole frame, "closed", or "nothing" although later requests are answered. */
type Outcome = { head: RpcHead; sizeBytes: number } | "closed" | "nothing";

interface Situation {
  name: string;
  /** Sent before; their answers are not looked at. */
  before?: readonly Uint8Array[];
  send: Uint8Array;
  limits?: RpcServerLimits;
  isStopping?: boolean;
  tcp: Partial<RpcHead> | "closed" | "nothing";
  udp: Partial<RpcHead> | "nothing";
  bodyBytes?: number;
}

const ping = (sequenceLow: number, head: Partial<RpcHead> = {}): Uint8Array =>
  requestFrame(sequenceLow, "", { methodName: "test.Echo.Ping", ...head });
const headOnly = (hex: string): Uint8Array => {
  const head = Buffer.from(hex, "hex");
  return Buffer.concat([Buffer.from([0x28, 0, 0, 0, head.length, 0, 0, 0, 0]), head, Buffer.from(")")]);
};
const both = (want: Partial<RpcHead>): { tcp: Partial<RpcHead>; udp: Partial<RpcHead> } => ({ tcp: want, udp: want });
const rawBody = (...bytes: number[]): Uint8Array =>
  encodeFrame({ ...createHead(), sequenceLow: 1, methodName: "test.Echo.Say" }, Uint8Array.from(bytes));

const situations: Situation[] = [
  { name: "bytes that are no frame", send: Buffer.from("\0hello, who is there?"), tcp: "closed", udp: "nothing" },
  {
    name: "a frame with a wrong end",
    send: Buffer.concat([ping(1).slice(0, -1), Buffer.from("X")]),
    tcp: { err: -3, reason: "PROTO_FRAME_BAD_END", sequenceLow: 1 },
    udp: "nothing",
  },
  { name: "a frame above the limit", send: Buffer.from("280000001070000000", "hex"), tcp: "closed", udp: "nothing" },
  { name: "an incomplete frame", send: ping(1).slice(0, -1), tcp: "nothing", udp: "nothing" },
  { name: "an unreadable head without a sequence", send: headOnly("ff"), tcp: "closed", udp: "nothing" },
  { name: "a head without a method", send: headOnly("5001"), ...both({ err: -4, reason: "RPC_HEAD_INVALID" }) },
  {
    name: "a head that breaks off",
    send: headOnly("50019a0364616263"),
    ...both({ err: -4, reason: "RPC_HEAD_INVALID" }),
  },
  {
    name: "an unknown method",
    send: requestFrame(1, "x", { methodName: "test.Echo.None" }),
    ...both({ err: -6, reason: "RPC_METHOD_UNKNOWN", methodName: "test.Echo.None", caller: "Test.peer" }),
  },
  { name: "a body that is no message", send: rawBody(0xff, 0xff), ...both({ err: -5, reason: "RPC_REQUEST_INVALID" }) },
  { name: "a body that lacks a required field", send: rawBody(), ...both({ err: -5, reason: "RPC_REQUEST_INVALID" }) },
  {
    name: "a handler's own error, with its own number",
    send: requestFrame(1, "sold out"),
    ...both({ err: -107, reason: "FLIGHT_SOLD_OUT", errMsg: "no seat left", result: 42 }),
  },
  {
    name: "a handler's defect",
    send: requestFrame(1, "bug"),
    ...both({ err: -2, reason: "INTERNAL", result: 0 }),
  },
  {
    name: "an answer that lacks a required field",
    send: requestFrame(1, "incomplete"),
    ...both({ err: -8, reason: "PROTO_REQUIRED_FIELD_MISSING" }),
  },
  {
    name: "a server that is full",
    before: [requestFrame(9, "wait")],
    limits: { maxInFlight: 1 },
    send: requestFrame(1, "x"),
    ...both({ err: -106, reason: "RPC_OVERLOADED" }),
  },
  {
    name: "a server that is stopping",
    before: [requestFrame(9, "wait")],
    isStopping: true,
    send: requestFrame(1, "x"),
    ...both({ err: -11, reason: "RPC_SHUTTING_DOWN" }),
  },
  {
    name: "success with an empty body",
    send: ping(1),
    ...both({ err: 0, methodName: "test.Echo.Ping" }),
    bodyBytes: 0,
  },
  {
    name: "an empty message without body bytes",
    send: encodeFrame({ ...createHead(), sequenceLow: 1, methodName: "test.Echo.Ping" }),
    ...both({ err: 0 }),
    bodyBytes: 0,
  },
  {
    name: "success: what came in the head goes back",
    send: requestFrame(1, "abc", {
      coloring: 1,
      colorIdHigh: 3,
      colorIdLow: 4,
      flowIdHigh: 5,
      flowIdLow: 6,
      sequenceHigh: 7,
    }),
    ...both({
      err: 0,
      ...{ coloring: 1, colorIdHigh: 3, colorIdLow: 4, flowIdHigh: 5, flowIdLow: 6, sequenceHigh: 7 },
      ...{ caller: "Test.peer", methodName: "test.Echo.Say", errMsg: "", reason: "", result: 0 },
    }),
    bodyBytes: 5,
  },
  {
    name: "an old head with unknown fields, a caller stack and a NUL behind the caller",
    send: headOnly(
      "5001" +
        "920304616263009a030e" +
        Buffer.from("test.Echo.Ping").toString("hex") +
        "e2030161c8ff0301caff0303616263",
    ),
    ...both({ err: 0, caller: "abc" }),
    bodyBytes: 0,
  },
];

async function startServer(limits: RpcServerLimits = {}): Promise<{ server: RpcServer; tcp: HostPort; udp: HostPort }> {
  const release: (() => void)[] = [];
  const say = (request: Text): Text | Promise<Text> => {
    switch (request.text) {
      case "wait":
        return new Promise((resolve) => release.push(() => resolve(request)));
      case "sold out": {
        const details = { result: 42 };
        throw new AppError({
          code: "FAILED_PRECONDITION",
          reason: "FLIGHT_SOLD_OUT",
          message: "no seat left",
          details,
        });
      }
      case "bug":
        throw new Error("secret");
      case "incomplete":
        return {} as Text;
      default:
        return request;
    }
  };
  const services = [bindService(Echo, { say, ping: () => ({}) })];
  const server = createRpcServer({ service: "Test.echo", services, limits: { maxFrameBytes: 1 << 20, ...limits } });
  onTestFinished(async () => {
    for (const go of release) go();
    await server.stop({ graceMs: 0 });
  });
  const [tcp, udp] = [await server.listen({ host: "127.0.0.1" }), await server.listenUdp({ host: "127.0.0.1" })];
  return { server, tcp, udp };
}

/** Puts the server into the situation. @returns how many answers will come of that */
async function prepare(server: RpcServer, situation: Situation, send: (bytes: Uint8Array) => void): Promise<void> {
  for (const bytes of situation.before ?? []) send(bytes);
  await until(() => server.inFlight === (situation.before ?? []).length);
  if (situation.isStopping) void server.stop({ graceMs: 5_000 });
}

async function overTcp(situation: Situation): Promise<Outcome> {
  const { server, tcp } = await startServer(situation.limits);
  const peer = new RawPeer(tcp.port);
  await prepare(server, situation, (bytes) => peer.socket.write(bytes));
  peer.socket.write(situation.send);
  if (situation.tcp === "nothing") {
    const other = new RawPeer(tcp.port); // has its answer although it asked later
    other.socket.write(ping(2));
    await until(() => other.answers().length === 1);
    return peer.isClosed || peer.answers().length > 0 ? "closed" : "nothing";
  }
  const mine = () => peer.answers().filter(({ head }) => head.sequenceLow === 1);
  await until(() => peer.isClosed || mine().length === 1);
  const [answer] = mine();
  return answer === undefined ? "closed" : { head: answer.head, sizeBytes: answer.sizeBytes };
}

async function overUdp(situation: Situation): Promise<Outcome> {
  const { server, udp } = await startServer(situation.limits);
  const peer = await RawDatagrams.open(udp);
  await prepare(server, situation, (bytes) => peer.send(bytes));
  peer.send(situation.send);
  if (situation.udp === "nothing") return (await peer.settle()).length === 0 ? "nothing" : "closed";
  await until(() => peer.received.length === 1);
  return { head: peer.heads()[0]!, sizeBytes: peer.received[0]!.length };
}

function check(outcome: Outcome, want: Partial<RpcHead> | string, bodyBytes: number | undefined): void {
  if (typeof want === "string" || typeof outcome === "string") {
    expect(outcome).toBe(want);
    return;
  }
  expect(outcome.head).toMatchObject({ sequenceLow: 1, ...want });
  const bare = encodeFrame(outcome.head).length;
  expect(outcome.sizeBytes - bare).toBe(bodyBytes ?? 0);
}

describe("what the server answers", () => {
  it.each(situations)("TCP: $name", async (situation) => {
    check(await overTcp(situation), situation.tcp, situation.bodyBytes);
  });

  it.each(situations)("UDP: $name", async (situation) => {
    check(await overUdp(situation), situation.udp, situation.bodyBytes);
  });

  it("invents a flow id for callers that send none", async () => {
    const { tcp } = await startServer();
    const peer = new RawPeer(tcp.port);
    peer.socket.write(Buffer.concat([ping(1), ping(2)]));
    await until(() => peer.answers().length === 2);
    const flows = peer.answers().map(({ head }) => `${head.flowIdHigh} ${head.flowIdLow}`);
    expect(new Set([...flows, "0 0"]).size).toBe(3);
  });
});
