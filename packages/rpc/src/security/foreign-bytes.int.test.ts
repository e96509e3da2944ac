/** All connections of a process are read into one buffer: nothing that outlives a read may lie in it, or peers would see each other's bytes. */
import { createMessageType } from "@msec/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { ListPicker } from "../client/client-fixture.js";
import { bindService, createRpcClient } from "../index.js";
import { startServer } from "../server/server-fixture.js";

interface Blob {
  data: Uint8Array;
}
const BlobType = createMessageType<Blob, Blob>("test.Blob", [
  { kind: "scalar", scalar: "bytes", name: "data", number: 1, label: "required", packed: false },
]);
const keep = { fullName: "test.Safe.Keep", name: "Keep", input: BlobType, output: BlobType, isIdempotent: true };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** Answers no request before two have come. */
async function startSafe(): Promise<string> {
  const waiting: (() => void)[] = [];
  const handler = async (request: Blob): Promise<Blob> => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 2) for (const go of waiting) go();
    });
    return request;
  };
  const safe = bindService({ typeName: "test.Safe", methods: { Keep: keep } }, { keep: handler });
  const { port } = await startServer((request) => request, { services: [safe] });
  return `127.0.0.1:${port}`;
}

function callers() {
  return ["mine", "of others"].map((name) => {
    const client = createRpcClient({ service: "Test.caller", picker: new ListPicker([]) });
    onTestFinished(() => client.close());
    return { name, client };
  });
}

describe("bytes of a request and of an answer", () => {
  it("stay what they were while other connections are read", async () => {
    const target = await startSafe();
    const answers = await Promise.all(
      callers().map(({ name, client }) => client.call(keep, target, { data: Buffer.from(name.padEnd(40, ".")) })),
    );
    expect(answers.map(({ data }) => text(data))).toEqual(["mine".padEnd(40, "."), "of others".padEnd(40, ".")]);
  });

  it("stay what they were when the body is taken as it came", async () => {
    const target = await startSafe();
    const raw = (name: string): Uint8Array => Buffer.from(`\n\u0028${name.padEnd(40, ".")}`, "latin1");
    const answers = await Promise.all(
      callers().map(({ name, client }) => client.callRaw(target, keep.fullName, raw(name))),
    );
    expect(answers.map(text)).toEqual([text(raw("mine")), text(raw("of others"))]);
  });
});
