import {
  checkPackage,
  createFrameSlice,
  createHead,
  createMessageType,
  createSrpcProxy,
  decodeHead,
  encodeHead,
  formatHttpReply,
  frameLength,
  type HttpDelivery,
  type HttpReply,
  HttpRequestParser,
  ProtoWriter,
  sliceFrame,
} from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { collect, feed, fromHex, loadCases, toHex } from "./vectors.js";

interface FrameCase {
  name: string;
  hex: string;
  maxFrameBytes?: number;
  want: { frames: [number, number][]; rest?: number; error?: string; checkPackage?: number };
}
interface HeadCase {
  name: string;
  hex: string;
  exact?: boolean;
  want: { head?: Record<string, unknown>; error?: string };
}
interface RequestCase {
  name: string;
  text: string;
  want: { requests: Record<string, unknown>[]; error?: string };
}
interface ProxyCase {
  name: string;
  hex: string;
  want: { err: number; errmsg?: string; reason?: string; response?: unknown };
}
interface ReplyCase {
  name: string;
  reply: HttpReply;
  /** What differs from 200, kept alive, HTTP/1.1. */
  delivery?: Partial<HttpDelivery>;
  want: { status: string; headers?: string[]; body: string };
}

/** Frames of a stream of which only `[0, end)` has arrived, from `state.pos` on. */
function framesUpTo(bytes: Uint8Array, end: number, state: { pos: number; maxFrameBytes: number }) {
  return collect(() => {
    const length = frameLength(bytes, state.pos, end, state.maxFrameBytes);
    if (length === 0) return undefined;
    const slice = sliceFrame(bytes, state.pos, createFrameSlice());
    expect(slice.bodyEnd + 1).toBe(state.pos + length);
    state.pos += length;
    return [slice.headEnd - slice.headStart, slice.bodyEnd - slice.bodyStart];
  });
}

describe("srpc frames", () => {
  const cases = loadCases<FrameCase>("./srpc/frames.json");

  it.each(cases)("$name", ({ hex, want, maxFrameBytes = 1 << 20 }) => {
    const bytes = fromHex(hex);
    const state = { pos: 0, maxFrameBytes };
    const got = framesUpTo(bytes, bytes.length, state);
    const { checkPackage: _, ...wanted } = want;
    const outcome = got.error === undefined ? { rest: bytes.length - state.pos } : { error: got.error };
    expect({ frames: got.items, ...outcome }).toEqual(wanted);
  });

  it.each(cases)("byte by byte: $name", ({ hex, want, maxFrameBytes = 1 << 20 }) => {
    const bytes = fromHex(hex);
    const state = { pos: 0, maxFrameBytes };
    const frames: unknown[] = [];
    let error: string | undefined;
    for (let end = 0; end <= bytes.length && error === undefined; end++) {
      const got = framesUpTo(bytes, end, state);
      frames.push(...got.items);
      error = got.error;
    }
    expect({ frames, error }).toEqual({ frames: want.frames, error: want.error });
  });

  it.each(cases.filter(({ want }) => want.checkPackage !== undefined))("original check: $name", ({ hex, want }) => {
    expect(checkPackage(fromHex(hex))).toBe(want.checkPackage);
  });
});

describe("srpc heads", () => {
  const cases = loadCases<HeadCase>("./srpc/heads.json");

  it.each(cases)("$name", ({ hex, want }) => {
    const bytes = fromHex(hex);
    const head = createHead();
    const { error } = collect(() => void decodeHead(bytes, 0, bytes.length, head));
    expect(error).toBe(want.error);
    expect(error === undefined ? head : {}).toEqual(want.head ? { ...createHead(), ...want.head } : {});
  });

  it.each(cases)("inside a larger buffer: $name", ({ hex, want }) => {
    const bytes = fromHex(`ffff${hex}ffff`);
    const head = createHead();
    const { error } = collect(() => void decodeHead(bytes, 2, bytes.length - 2, head));
    expect(error).toBe(want.error);
  });

  it.each(cases.filter(({ exact }) => exact))("encodes: $name", ({ hex, want }) => {
    const writer = new ProtoWriter(8);
    encodeHead({ ...createHead(), ...want.head }, writer);
    expect(toHex(writer.view())).toBe(hex);
  });
});

describe("http requests", () => {
  const cases = loadCases<RequestCase>("./srpc/http-requests.json");
  const defaults = {
    isInvokePath: false,
    param: "",
    caller: "",
    timeoutMs: 0,
    flowIdHigh: 0,
    flowIdLow: 0,
    parentSpanIdHigh: 0,
    parentSpanIdLow: 0,
    priority: 0,
    user: "",
    coloring: false,
    wantsRealStatus: false,
    keepAlive: true,
    isHttp10: false,
    expectsContinue: false,
  };

  describe.each([{ pieceBytes: 1 }, { pieceBytes: 7 }, { pieceBytes: 1 << 20 }])(
    "pieces of $pieceBytes",
    ({ pieceBytes }) => {
      it.each(cases)("$name", ({ text, want }) => {
        const parser = new HttpRequestParser({ maxBodyBytes: 1000 });
        const { items, error } = feed(parser, new TextEncoder().encode(text), pieceBytes);
        expect(error).toBe(want.error);
        const requests = items.map(({ head: { headers: _, target: __, path: ___, ...rest }, body }) => ({
          ...rest,
          body: new TextDecoder().decode(body),
        }));
        expect(requests).toEqual(want.requests.map((request) => ({ ...defaults, ...request })));
      });
    },
  );
});

describe("http replies", () => {
  it.each(loadCases<ReplyCase>("./srpc/http-replies.json"))("$name", ({ reply, delivery, want }) => {
    const text = new TextDecoder().decode(
      formatHttpReply(reply, { status: reply.status ?? 200, keepAlive: true, isHttp10: false, ...delivery }),
    );
    const [head = "", body = ""] = text.split("\r\n\r\n");
    expect(body).toBe(want.body);
    expect(() => JSON.parse(body)).not.toThrow();
    expect(head.split("\r\n")).toEqual([
      want.status,
      "Content-Type: application/json; charset=UTF-8",
      `Content-Length: ${Buffer.byteLength(want.body)}`,
      ...(want.headers ?? []),
    ]);
  });
});

describe("srpc proxy", () => {
  const text = createMessageType<{ text: string }>("echo.Text", [
    { name: "text", number: 1, label: "required", packed: false, kind: "scalar", scalar: "string" },
  ]);
  const echo = { fullName: "echo.EchoService.Echo", name: "Echo", input: text, output: text, isIdempotent: true };
  const proxy = createSrpcProxy({ caller: "cgi", method: echo });

  it.each(loadCases<ProxyCase>("./srpc/proxy-answers.json"))("$name", ({ hex, want }) => {
    const answer = proxy.deserialize(fromHex(hex), 7);
    expect(answer).toMatchObject({ response: undefined, ...want });
  });
});
