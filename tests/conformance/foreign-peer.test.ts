/** Our server and client against a peer in Python that was written from the protocol page alone. */
import { createMessageType, encodeFrame } from "@msec/protocol";
import {
  bindService,
  createRpcClient,
  createRpcServer,
  type ExchangeProtocol,
  type Picker,
  type RpcClient,
} from "@msec/rpc";
import { describe, expect, it, onTestFinished } from "vitest";
import { missingPython, type PeerRequest, pythonVector, runPythonClient, startPythonServer } from "./python-peer.js";

interface Text {
  text: string;
}
const TextType = createMessageType<Text, Text>("echo.Text", [
  { kind: "scalar", scalar: "string", name: "text", number: 1, label: "required", packed: false },
]);
const echo = { fullName: "echo.EchoService.Echo", name: "Echo", input: TextType, output: TextType, isIdempotent: true };
const EchoService = { typeName: "echo.EchoService", methods: { Echo: echo } };
const NO_PICKER: Picker = {
  pick: (service) => {
    throw new Error(`${service} is not known here`);
  },
};
const METHOD = echo.fullName;

async function startServer(): Promise<{ tcp: number; udp: number }> {
  let release = (): void => undefined;
  const service = bindService(EchoService, {
    echo: async ({ text }) => {
      if (text === "fail") throw new Error("on purpose");
      if (text === "slow") await new Promise<void>((resolve) => (release = resolve));
      if (text === "go") setImmediate(() => release());
      return { text: `<${text}>` };
    },
  });
  const server = createRpcServer({ service: "Test.echo", services: [service] });
  onTestFinished(async () => void (await server.stop({ graceMs: 0 })));
  const [tcp, udp] = [await server.listen({ host: "127.0.0.1" }), await server.listenUdp({ host: "127.0.0.1" })];
  return { tcp: tcp.port, udp: udp.port };
}

function openClient(): RpcClient {
  const client = createRpcClient({ service: "Test.caller", picker: NO_PICKER });
  onTestFinished(() => client.close());
  return client;
}

/** HTTP as a protocol of the caller's own, over our client's connections. */
const http: ExchangeProtocol<string, { status: number; body: string }> = {
  name: "http",
  transport: "tcp",
  encode: (_sequence, text, writer) => void writer.text(text),
  frameLength(bytes, start, end) {
    const text = Buffer.from(bytes.subarray(start, end)).toString("latin1");
    const headEnd = text.indexOf("\r\n\r\n");
    const size = headEnd + 4 + Number(/Content-Length: (\d+)/.exec(text)?.[1]);
    return headEnd >= 0 && text.length >= size ? size : 0;
  },
  decode(bytes) {
    const [head = "", body = ""] = new TextDecoder().decode(bytes).split("\r\n\r\n");
    return { status: Number(head.split(" ")[1]), body };
  },
};

const request = (sequence: number, text: string, head: Record<string, unknown> = {}): PeerRequest => ({
  head: { sequence, coloring: 0, caller: "cgi", method_name: METHOD, ...head },
  text,
});

const missing = missingPython();

describe.skipIf(missing !== undefined)(missing ?? "a peer in Python", () => {
  it("makes the same bytes of the example frame", async () => {
    const head = { coloring: 0, colorIdLow: 1154275343, flowIdLow: 1459129975, caller: "cgi", methodName: METHOD };
    const body = Uint8Array.from([0x0a, 11, ...new TextEncoder().encode("hello world")]);
    const zero = { sequenceHigh: 0, colorIdHigh: 0, flowIdHigh: 0, err: 0, result: 0, errMsg: "", timeoutMs: 0 };
    const own = { attempt: 0, spanIdHigh: 0, spanIdLow: 0, parentSpanIdHigh: 0, parentSpanIdLow: 0, reason: "" };
    const late = { priority: 0, userHash: 0, capabilities: 0, cancel: 0 };
    const frame = encodeFrame({ ...zero, ...own, ...late, ...head, sequenceLow: 305419896 }, body);
    expect(await pythonVector()).toBe(Buffer.from(frame).toString("hex"));
  });

  describe("as a client", () => {
    it.each([
      { name: "at once", pieces: {} },
      { name: "byte by byte", pieces: { piece_bytes: 1 } },
      { name: "in pieces of 7", pieces: { piece_bytes: 7 } },
    ])("TCP: pipelined requests sent $name are answered, slow ones are overtaken", async ({ pieces }) => {
      const { tcp } = await startServer();
      const facts = { flow_id: 2 ** 40 + 1, coloring: 1, color_id: 1154275343 };
      const requests = [request(1, "slow", facts), request(2, "飞机"), request(3, "go")];
      const answers = await runPythonClient({ transport: "tcp", port: tcp, requests, answers: 3, ...pieces });
      expect(answers.map(({ head, text }) => [head.sequence, text])).toEqual([
        [2, "<飞机>"],
        [3, "<go>"],
        [1, "<slow>"],
      ]);
      expect(answers[2]!.head).toEqual({
        sequence: 1,
        ...facts,
        caller: "cgi",
        method_name: METHOD,
        ...(answers[2]!.head.capabilities === undefined ? {} : { capabilities: answers[2]!.head.capabilities }),
      });
    });

    it.each(["tcp", "udp"] as const)("%s: errors have the numbers that old peers know", async (transport) => {
      const ports = await startServer();
      const requests = [
        request(1, "x", { method_name: "echo.EchoService.None" }),
        { ...request(2, ""), body_hex: "ff" },
        request(3, "fail"),
        { raw_hex: "280000000200000000" + "5004" + "29" },
        request(5, "x", { caller: "php\0", caller_stack: "a", extra_hex: "c8ff0301caff0303616263" }),
        request(2 ** 53 - 1, "java", { method_name: "echo.EchoService.echo" }),
      ];
      const answers = await runPythonClient({ transport, port: ports[transport], requests, answers: 6 });
      const bySequence = new Map(answers.map((answer) => [answer.head.sequence, answer]));
      const outcome = (sequence: number): unknown[] => {
        const { head, text } = bySequence.get(sequence)!;
        return [head.err ?? 0, head.reason, text];
      };
      expect(outcome(1)).toEqual([-6, "RPC_METHOD_UNKNOWN", null]);
      expect(outcome(2)).toEqual([-5, "RPC_REQUEST_INVALID", null]);
      expect(outcome(3)).toEqual([-2, "INTERNAL", null]);
      expect(bySequence.get(3)!.head.err_msg).not.toContain("purpose");
      expect(outcome(4)).toEqual([-4, "RPC_HEAD_INVALID", null]);
      expect(outcome(5)).toEqual([0, undefined, "<x>"]);
      expect(outcome(2 ** 53 - 1)).toEqual([0, undefined, "<java>"]);
    });

    it("HTTP: pipelined, chunked and byte by byte", async () => {
      const { tcp } = await startServer();
      const head = `POST /127.0.0.1:7963?methodName=${METHOD} HTTP/1.1\r\nHost: a\r\n`;
      const http = [
        `${head}caller: python\r\nContent-Type: aplication/json\r\nContent-Length: 14\r\n\r\n{"text":"one"}`,
        `${head}Content-Type: application/json\r\nX-Empty:\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"tex\r\n9\r\nt":"two"}\r\n0\r\n\r\n`,
        `GET /invoke?methodName=echo.EchoService.echo&seq=9&param=%7B%22text%22%3A%22three%22%7D HTTP/1.1\r\n\r\n`,
        `${head}Connection: close\r\nContent-Length: 2\r\n\r\n{}`,
      ].join("");
      const got = await runPythonClient<string>({ transport: "http", port: tcp, http, piece_bytes: 1 });
      const bodies = got.split(/HTTP\/1\.1 200 OK\r\n(?:.+\r\n)+\r\n/).slice(1);
      expect(bodies.slice(0, 3)).toEqual(
        ["one", "two", "three"].map((text) => `{"ret":0, "errmsg":"", "resultObj": {"text":"<${text}>"}}`),
      );
      expect(JSON.parse(bodies[3]!)).toMatchObject({ ret: -8, reason: "PROTO_REQUIRED_FIELD_MISSING" });
    });
  });

  describe.each(["tcp", "udp"] as const)("as a %s server", (transport) => {
    const say = (client: RpcClient, port: number, text: string): Promise<Text> =>
      client.call(echo, `127.0.0.1:${port}@${transport}`, { text }, { timeoutMs: 5_000 });

    it("is understood, however it answers", async () => {
      const port = await startPythonServer(transport);
      const client = openClient();
      const texts = transport === "tcp" ? ["split", "wrong sequence"] : ["wrong sender", "wrong sequence", "noise"];
      for (const text of ["plain", "java", "future", ...texts]) expect(await say(client, port, text)).toEqual({ text });
      await expect(say(client, port, "unknown")).rejects.toMatchObject({
        code: "UNIMPLEMENTED",
        reason: "RPC_REMOTE_ERROR",
        details: { err: -6 },
      });
      await expect(say(client, port, "java error")).rejects.toMatchObject({
        code: "UNKNOWN",
        message: "Unknown exception!",
        details: { err: -1000 },
      });
    });

    it("gets what the protocol page promises, and may answer out of order", async () => {
      const port = await startPythonServer(transport);
      const client = openClient();
      const { text } = await say(client, port, "facts");
      const facts = JSON.parse(text) as Record<string, unknown>;
      expect(facts).toMatchObject({ caller: "Test.caller", method_name: METHOD, color_id: 1154275343, coloring: 0 });
      expect(facts.timeout_ms).toBeGreaterThan(4_000);
      expect(facts.flow_id).not.toBe(0);
      const held = say(client, port, "hold");
      expect(await say(client, port, "plain")).toEqual({ text: "plain" });
      expect(await held).toEqual({ text: "hold" });
    });
  });

  describe("as an HTTP server", () => {
    it.each([
      {
        name: "by parameter",
        target: `/?methodName=${METHOD}`,
        body: '{"text":"飞机"}',
        want: { status: 200, ret: 0 },
      },
      {
        name: "by path, status on demand",
        target: `/${METHOD}?status=real`,
        body: '{"text":"a"}',
        want: { status: 200, ret: 0 },
      },
      {
        name: "Java's spelling",
        target: "/?methodName=echo.EchoService.echo",
        body: '{"text":""}',
        want: { status: 200, ret: 0 },
      },
      { name: "an unknown method", target: "/a.b.C?status=real", body: "{}", want: { status: 501, ret: -6 } },
      { name: "no JSON", target: `/${METHOD}?status=real`, body: "{", want: { status: 400, ret: -3 } },
      { name: "an unknown key", target: `/${METHOD}`, body: '{"text":"a","more":1}', want: { status: 200, ret: -3 } },
      { name: "a missing field", target: `/${METHOD}`, body: "", want: { status: 200, ret: -8 } },
    ])("answers our client as our server does: $name", async ({ target, body, want }) => {
      const client = openClient();
      const text = `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
      const outcomeAt = async (port: number): Promise<unknown> => {
        const answer = await client.exchange(`127.0.0.1:${port}@tcp`, http, text, { timeoutMs: 5_000 });
        const { ret, resultObj } = JSON.parse(answer.body) as { ret: number; resultObj?: unknown };
        return { status: answer.status, ret, resultObj, exact: ret === 0 ? answer.body : undefined };
      };
      const { tcp } = await startServer();
      const ours = await outcomeAt(tcp);
      expect(ours).toMatchObject(want);
      expect(await outcomeAt(await startPythonServer("http"))).toEqual(ours);
    });
  });
});
