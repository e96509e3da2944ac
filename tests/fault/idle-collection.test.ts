/** What a full garbage collection in a quiet moment leaves of the compiled code of calls. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** A server and a client in one process: calls until everything is compiled, then collections while no call is under way. */
const PROGRAM = `
import { ProtoReader } from "@msec/protocol";
import { bindService, createRpcClient, createRpcServer } from "@msec/rpc";
import { openSharedServer } from "@msec/rpc/process";
const Text = {
  typeName: "t.Text",
  fields: [{ kind: "scalar", scalar: "string", name: "text", number: 1, label: "required", packed: false }],
  encode: (message, writer) => void writer.uint32(10).string(message.text),
  decode(bytes, start, end) {
    const reader = new ProtoReader(bytes, start, end);
    reader.tag();
    return { text: reader.string() };
  },
};
const say = { name: "Say", fullName: "t.Echo.Say", input: Text, output: Text, isIdempotent: true };
const Echo = { typeName: "t.Echo", methods: { Say: say } };
const server = createRpcServer({ service: "Test.echo", services: [bindService(Echo, { say: async (request) => request })] });
const { port } = await server.listen({ server: await openSharedServer({ host: "127.0.0.1", port: 0 }) });
const picker = { pick() { throw new Error("only direct calls here"); } };
const client = createRpcClient({ service: "Test.caller", picker });
const target = "127.0.0.1:" + port;
const chain = async () => {
  for (let n = 0; n < 1500; n += 1) await client.call(say, target, { text: "x" }, { timeoutMs: 10_000 });
};
const calls = () => Promise.all(Array.from({ length: 20 }, chain));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
await calls();
await pause(1_500);
await calls();
console.log("QUIET");
for (let n = 0; n < 3; n += 1) {
  await pause(50);
  gc();
}
console.log("OVER");
client.close();
await server.stop();
`;

/** Classes whose objects live as long as a call: V8 names their methods by the constructor when they are inlined there. */
const HOT =
  /<SharedFunctionInfo (ServerContext|ClientCall|RequestedCall|CallAttempt|onRequest|onCall|dispatch|launch)>/;

describe("a collection while no call is under way", () => {
  it("leaves the compiled code of calls", async () => {
    const flags = ["--expose-gc", "--trace-opt", "--trace-deopt", "--input-type=module", "-e", PROGRAM];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { maxBuffer: 64 << 20 });
    const at = stdout.indexOf("QUIET");
    expect(stdout.slice(0, at)).toMatch(/completed optimizing .*ServerContext/);
    const lost = stdout.slice(at, stdout.indexOf("OVER")).match(/.*reason: weak objects.*/g) ?? [];
    expect(lost.filter((line) => HOT.test(line))).toEqual([]);
  });
});
