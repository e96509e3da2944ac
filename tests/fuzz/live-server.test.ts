/**
 * A real server against hostile streams and datagrams: frames, damaged frames, cancel frames, HTTP and noise in any order and cut anywhere.
 * It goes on serving others, and never sends a sender it does not know more than three times what came.
 */
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import {
  createFrameSlice,
  createHead,
  createMessageType,
  decodeHead,
  encodeFrame,
  type RpcHead,
  sliceFrame,
} from "@msec/protocol";
import { bindService, createRpcServer } from "@msec/rpc";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { cuts, damaged, noise, pieces } from "./damaged-bytes.js";
import { fuzz } from "./fuzz-property.js";
import { requestText } from "./wire-values.js";

const Text = createMessageType<{ text: string }>("a.b.Text", [
  { name: "text", number: 1, label: "optional", packed: false, kind: "scalar", scalar: "string" },
]);
const method = { fullName: "a.b.C", name: "C", input: Text, output: Text, isIdempotent: true };
const server = createRpcServer({
  service: "Test.fuzz",
  services: [
    bindService(
      { typeName: "a.b", methods: { C: method } },
      {
        c: async (request) => {
          await new Promise((resolve) => setImmediate(resolve));
          return { text: (request.text ?? "").repeat(3) };
        },
      },
    ),
  ],
  // Making the cases keeps this process busy, which overload control would take for load.
  limits: { maxFrameBytes: 10_000, maxQueueMs: 0, maxQueueDelayMs: 0 },
});
let tcpPort = 0;
let udp: DatagramSocket;
/** Since the start: an answer may arrive when the next case has begun. */
const traffic = { sentBytes: 0, receivedBytes: 0, sent: 0, received: 0 };
const answered = new Set<number>();

beforeAll(async () => {
  ({ port: tcpPort } = await server.listen({ host: "127.0.0.1" }));
  const { port } = await server.listenUdp({ host: "127.0.0.1", limits: { trusted: [], ratePerSec: 1_000_000 } });
  udp = createSocket("udp4");
  udp.on("message", (bytes) => {
    traffic.receivedBytes += bytes.length;
    traffic.received++;
    answered.add(sequenceOf(bytes));
  });
  udp.connect(port, "127.0.0.1");
  await once(udp, "connect");
});
afterAll(async () => {
  udp.close();
  await server.stop({ graceMs: 1_000 });
});

/** Cheap to make, since each case needs dozens. */
const heads = fc
  .record({
    sequenceHigh: fc.constantFrom(0, 0, 0, 7),
    sequenceLow: fc.nat({ max: 20 }),
    flowIdLow: fc.nat({ max: 0xffff_ffff }),
    coloring: fc.nat({ max: 1 }),
    caller: fc.constantFrom("", "Test.caller", "x\0"),
    methodName: fc.constantFrom("a.b.C", "a.b.C", "a.b.c", "a.b.None", ""),
    timeoutMs: fc.constantFrom(0, 0, 1, 1_000),
    err: fc.constantFrom(0, 0, 0, -6),
    capabilities: fc.constantFrom(0, 0, 0, 1, 2),
  })
  .map((fields): RpcHead => ({ ...createHead(), ...fields }));
const asRequest = (head: RpcHead): RpcHead => ({ ...head, err: 0, capabilities: 0, cancel: 0 });
const text = fc
  .string({ maxLength: 30 })
  .map((value) => Buffer.concat([Buffer.from([10, value.length]), Buffer.from(value)]));
const requests = fc.tuple(heads, fc.oneof(noise, text)).map(([head, body]) => encodeFrame(asRequest(head), body));
const cancels = heads.map((head) => encodeFrame({ ...asRequest(head), cancel: 1 }));
const answers = heads.map((head) => encodeFrame(head));
const frames = fc.oneof(requests, cancels, answers, damaged(requests), damaged(cancels));
const http = requestText.map((value) => Buffer.from(value));
const streams = fc.oneof(
  fc.array(frames, { maxLength: 8 }),
  fc.array(fc.oneof(http, damaged(http)), { maxLength: 4 }),
  fc.array(fc.oneof(frames, http, noise), { maxLength: 4 }),
);

/** Writes pieces, closes its side, and resolves when the server has closed too. */
async function converse(parts: readonly Uint8Array[]): Promise<Buffer> {
  const socket = connect({ port: tcpPort, host: "127.0.0.1", noDelay: true });
  const got: Buffer[] = [];
  socket.on("data", (chunk) => void got.push(chunk));
  socket.on("error", () => undefined);
  for (const part of parts) socket.write(part);
  socket.end();
  await once(socket, "close");
  return Buffer.concat(got);
}

const HELLO = Buffer.from('POST /a.b.C HTTP/1.1\r\nConnection: close\r\nContent-Length: 12\r\n\r\n{"text":"x"}');
/** Sequence of the plain request behind the hostile ones: its answer tells that all of them were looked at. */
let settleSequence = 1_000_000;

function sendDatagram(bytes: Uint8Array): void {
  traffic.sentBytes += bytes.length;
  traffic.sent++;
  udp.send(bytes);
}

function sequenceOf(bytes: Uint8Array): number {
  const head = createHead();
  const { headStart, headEnd } = sliceFrame(bytes, 0, createFrameSlice());
  decodeHead(bytes, headStart, headEnd, head);
  return head.sequenceHigh === 0 ? head.sequenceLow : 0;
}

describe("a server goes on", () => {
  fuzz(
    "TCP streams",
    fc.asyncProperty(streams, cuts, async (parts, places) => {
      await converse(pieces(Buffer.concat(parts), places));
      expect((await converse([HELLO])).toString()).toContain('"text":"xxx"');
      expect(server.inFlight).toBe(0);
    }),
  );

  fuzz(
    "UDP datagrams",
    fc.asyncProperty(fc.array(fc.oneof(frames, noise), { maxLength: 10 }), async (datagrams) => {
      settleSequence++;
      for (const bytes of datagrams) sendDatagram(bytes);
      sendDatagram(encodeFrame({ ...createHead(), sequenceLow: settleSequence, methodName: "a.b.C" }));
      await expect.poll(() => answered.has(settleSequence), { timeout: 5_000, interval: 1 }).toBe(true);
      expect(traffic.receivedBytes).toBeLessThanOrEqual(3 * traffic.sentBytes);
      expect(traffic.received).toBeLessThanOrEqual(traffic.sent);
    }),
  );
});
