/** HTTP + JSON against a real server: what goes in, what comes out, byte for byte where old clients cut answers apart by hand. */
import { connect } from "node:net";
import { AppError } from "@msec/core";
import { createMessageType, type MessageType } from "@msec/protocol";
import { bindService, createRpcServer } from "@msec/rpc";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCases } from "./vectors.js";

interface ExchangeCase {
  name: string;
  send: string;
  /** Either the whole body, or parts of it. */
  want: { status: number; body?: string; ret?: number; errmsg?: string; reason?: string }[];
}

type Message = Record<string, unknown>;
const color = { typeName: "t.Color", valueByName: { RED: 0, GREEN: 1 }, nameByValue: { 0: "RED", 1: "GREEN" } };
const optional = { label: "optional", packed: false } as const;
const Child = createMessageType<Message>("t.Child", [
  { name: "name", number: 1, label: "required", packed: false, kind: "scalar", scalar: "string" },
]);
const Everything = createMessageType<Message>("t.Everything", [
  { name: "text", number: 1, kind: "scalar", scalar: "string", ...optional },
  { name: "big", number: 2, kind: "scalar", scalar: "int64", ...optional },
  { name: "ubig", number: 3, kind: "scalar", scalar: "uint64", ...optional },
  { name: "raw", number: 4, kind: "scalar", scalar: "bytes", ...optional },
  { name: "color", number: 5, kind: "enum", type: () => color, ...optional },
  { name: "child", number: 6, kind: "message", type: () => Child, ...optional },
  { name: "list", number: 7, label: "repeated", packed: false, kind: "scalar", scalar: "int32" },
  { name: "flag", number: 8, kind: "scalar", scalar: "bool", ...optional },
  { name: "ratio", number: 9, kind: "scalar", scalar: "double", ...optional },
]);
const Nothing = createMessageType<Message>("t.Nothing", []);

function method(name: string, type: MessageType<Message>, isIdempotent: boolean) {
  return { fullName: `t.Api.${name}`, name, input: type, output: type, isIdempotent };
}
const Api = {
  typeName: "t.Api",
  methods: {
    Echo: method("Echo", Everything, true),
    Nothing: method("Nothing", Nothing, true),
    Need: method("Need", Child, false),
    Fail: method("Fail", Nothing, false),
    NaN: method("NaN", Everything, false),
  },
};
const server = createRpcServer({
  service: "Test.api",
  services: [
    bindService(Api, {
      echo: (request) => request,
      nothing: async () => ({}),
      need: async (request) => request,
      fail: () => {
        throw new AppError({ code: "NOT_FOUND", reason: "FLIGHT_UNKNOWN", message: "no such flight", details: {} });
      },
      naN: () => ({ ratio: Number.NaN }),
    }),
  ],
});
let port = 0;
beforeAll(async () => {
  ({ port } = await server.listen({ host: "127.0.0.1" }));
});
afterAll(async () => void (await server.stop({ graceMs: 0 })));

/** Sends pieces, closes its side and reads until the server closes. */
function exchange(pieces: readonly Uint8Array[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const received: Buffer[] = [];
    socket.on("data", (chunk) => void received.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(received)));
    for (const piece of pieces) socket.write(piece);
    socket.end();
  });
}

interface Reply {
  status: number;
  contentType: string | undefined;
  body: string;
}

function repliesIn(bytes: Buffer): Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at < bytes.length; ) {
    const headEnd = bytes.indexOf("\r\n\r\n", at);
    const head = bytes.toString("latin1", at, headEnd);
    const size = Number(/^Content-Length: (\d+)$/m.exec(head)?.[1]);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    const contentType = /^Content-Type: (.*)$/m.exec(head)?.[1];
    const bodyEnd = headEnd + 4 + size;
    replies.push({ status, contentType, body: bytes.toString("utf8", headEnd + 4, bodyEnd) });
    expect(bodyEnd).toBeLessThanOrEqual(bytes.length);
    at = bodyEnd;
  }
  return replies;
}

function check(replies: readonly Reply[], want: ExchangeCase["want"]): void {
  expect(replies.map(({ status }) => status)).toEqual(want.map(({ status }) => status));
  for (const [index, { body, ret, errmsg = "", reason }] of want.entries()) {
    const reply = replies[index]!;
    expect(reply.contentType).toBe("application/json; charset=UTF-8");
    const parsed = JSON.parse(reply.body) as { ret: number; errmsg: string; reason?: string };
    expect(body ?? reply.body).toBe(reply.body);
    expect(ret ?? parsed.ret).toBe(parsed.ret);
    expect(parsed.errmsg).toContain(errmsg);
    expect(reason ?? parsed.reason).toBe(parsed.reason);
  }
}

const cases = loadCases<ExchangeCase>("./srpc/http-exchanges.json");

describe("HTTP exchanges", () => {
  it.each(cases)("$name", async ({ send, want }) => {
    check(repliesIn(await exchange([Buffer.from(send)])), want);
  });

  it.each(cases.slice(0, 8))("byte by byte: $name", async ({ send, want }) => {
    check(repliesIn(await exchange([...Buffer.from(send)].map((byte) => Uint8Array.of(byte)))), want);
  });

  it("does not care where a stream of requests is cut in two", async () => {
    const { send, want } = cases.find(({ name }) => name.startsWith("three pipelined"))!;
    const bytes = Buffer.from(send);
    const splits = Array.from({ length: bytes.length + 1 }, (_, at) => at);
    const results = await Promise.all(splits.map((at) => exchange([bytes.subarray(0, at), bytes.subarray(at)])));
    for (const result of results) check(repliesIn(result), want);
  });

  it("tells a client that waits for it to go on", async () => {
    const socket = connect({ port, host: "127.0.0.1" });
    const received: Buffer[] = [];
    const answered = new Promise<void>((resolve) => {
      socket.on("data", (chunk) => {
        received.push(chunk);
        if (received.length === 1) socket.end("{}");
      });
      socket.on("close", () => resolve());
    });
    socket.write("POST /t.Api.Nothing HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    await answered;
    const text = Buffer.concat(received).toString();
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  });
});
