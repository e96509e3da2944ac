/** A program that is not ours has the sockets, `SrpcProxy` has the bytes: nothing else of msec is on the caller's side. */
import { createMessageType, createSrpcProxy, type SrpcAnswer } from "@msec/protocol";
import { bindService, createRpcServer } from "@msec/rpc";
import { describe, expect, it, onTestFinished } from "vitest";
import { missingPython, PythonSocket, startPythonServer } from "./python-peer.js";

interface Text {
  text: string;
}
const TextType = createMessageType<Text, Text>("echo.Text", [
  { kind: "scalar", scalar: "string", name: "text", number: 1, label: "required", packed: false },
]);
const method = {
  fullName: "echo.EchoService.Echo",
  name: "Echo",
  input: TextType,
  output: TextType,
  isIdempotent: true,
};
const proxy = createSrpcProxy({ caller: "cgi", method });
const bytesOf = (...pieces: readonly Uint8Array[]) => Buffer.concat(pieces);

async function startServer(): Promise<number> {
  let release = (): void => undefined;
  const service = bindService(
    { typeName: "echo.EchoService", methods: { Echo: method } },
    {
      echo: async ({ text }, ctx) => {
        if (text === "fail") throw new Error("on purpose");
        if (text === "slow") await new Promise<void>((resolve) => (release = resolve));
        if (text === "go") setImmediate(() => release());
        return { text: text === "who" ? `${ctx.caller} ${ctx.requestId}` : `<${text}>` };
      },
    },
  );
  const server = createRpcServer({ service: "Test.echo", services: [service], limits: { maxFrameBytes: 100_000 } });
  onTestFinished(async () => void (await server.stop({ graceMs: 0 })));
  return (await server.listen({ host: "127.0.0.1" })).port;
}

/** The loop that each such program has. Ends after so many answers, with the connection (`"closed"`), or at what is no frame. */
async function readAnswers(socket: PythonSocket, count: number): Promise<(SrpcAnswer<Text> | number | "closed")[]> {
  const answers: (SrpcAnswer<Text> | number | "closed")[] = [];
  let received: Uint8Array = new Uint8Array(0);
  while (answers.length < count) {
    const length = received.length === 0 ? 0 : proxy.checkPackage(received);
    if (length < 0) return [...answers, length];
    if (length > 0) {
      answers.push(proxy.deserialize(received.subarray(0, length)));
      received = received.subarray(length);
      continue;
    }
    const piece = await socket.receive();
    if (piece.length === 0) return [...answers, "closed"];
    received = bytesOf(received, piece);
  }
  return answers;
}

const missing = missingPython();

describe.skipIf(missing !== undefined)(missing ?? "sockets of a program in Python", () => {
  it.each([1, 7, 65_536])(
    "requests sent together are answered in any order, read %d bytes at a time",
    async (piece) => {
      const socket = new PythonSocket(await startServer(), piece);
      const requests = ["slow", "飞机", "go"].map((text, n) => proxy.serialize({ text }, n + 1));
      socket.send(bytesOf(...requests, proxy.serialize({ text: "who" }, 4).subarray(0, 20)));
      const answers = await readAnswers(socket, 3);
      expect(answers).toMatchObject([
        { sequence: 2, err: 0, response: { text: "<飞机>" } },
        { sequence: 3, err: 0, response: { text: "<go>" } },
        { sequence: 1, err: 0, response: { text: "<slow>" } },
      ]);
    },
  );

  it("a request whose bytes come one by one is known by its caller and its id", async () => {
    const socket = new PythonSocket(await startServer(), 65_536);
    for (const byte of proxy.serialize({ text: "who" })) socket.send(Uint8Array.of(byte));
    const { sequence, requestId } = proxy;
    expect(await readAnswers(socket, 1)).toMatchObject([{ sequence, response: { text: `cgi ${requestId}` } }]);
  });

  it("errors have their numbers and reasons, and the connection goes on", async () => {
    const socket = new PythonSocket(await startServer(), 7);
    const unknown = createSrpcProxy({ caller: "cgi", method: { ...method, fullName: "echo.EchoService.None" } });
    socket.send(bytesOf(unknown.serialize({ text: "x" }, 1), proxy.serialize({ text: "fail" }, 2)));
    const first = await readAnswers(socket, 2);
    expect(first).toContainEqual(expect.objectContaining({ sequence: 1, err: -6, reason: "RPC_METHOD_UNKNOWN" }));
    expect(first).toContainEqual(expect.objectContaining({ sequence: 2, err: -2, reason: "INTERNAL" }));
    socket.send(proxy.serialize({ text: "x" }, 3));
    expect(await readAnswers(socket, 1)).toMatchObject([{ sequence: 3, err: 0 }]);
  });

  it("a request above the server's limit, or wrong bytes behind a good one, are told in a last answer", async () => {
    const port = await startServer();
    const tooLarge = new PythonSocket(port, 65_536);
    tooLarge.send(proxy.serialize({ text: "x".repeat(200_000) }, 9).subarray(0, 1_000));
    expect(await readAnswers(tooLarge, 2)).toMatchObject([
      { sequence: 9, err: -3, reason: "PROTO_FRAME_TOO_LARGE", response: undefined },
      "closed",
    ]);
    const wrong = new PythonSocket(port, 65_536);
    wrong.send(proxy.serialize({ text: "x" }, 1));
    expect(await readAnswers(wrong, 1)).toMatchObject([{ sequence: 1, err: 0 }]);
    wrong.send(Buffer.from(")))))))))))))))"));
    expect(await readAnswers(wrong, 2)).toMatchObject([
      { sequence: 0, err: -3, reason: "PROTO_FRAME_BAD_START", response: undefined },
      "closed",
    ]);
  });

  it("what the archived servers answer is understood, in pieces and out of order", async () => {
    const socket = new PythonSocket(await startPythonServer("tcp"), 65_536);
    const texts = ["hold", "split", "java", "java error", "unknown", "future", "plain"];
    socket.send(bytesOf(...texts.map((text, n) => proxy.serialize({ text }, n + 1))));
    const answers = await readAnswers(socket, texts.length);
    const good = { 1: "hold", 2: "split", 3: "java", 6: "future", 7: "plain" };
    for (const [sequence, text] of Object.entries(good)) {
      const answer = { sequence: Number(sequence), err: 0, response: { text } };
      expect(answers).toContainEqual(expect.objectContaining(answer));
    }
    expect(answers).toContainEqual(expect.objectContaining({ sequence: 4, err: -1000, errmsg: "Unknown exception!" }));
    expect(answers).toContainEqual(expect.objectContaining({ sequence: 5, err: -6, errmsg: "invalid method name" }));
  });

  it("who talks to a server of another protocol is told", async () => {
    const socket = new PythonSocket(await startPythonServer("http"), 7);
    socket.send(Buffer.from("GET /somewhere HTTP/1.1\r\n\r\n"));
    expect(await readAnswers(socket, 1)).toEqual([-3]);
  });
});
