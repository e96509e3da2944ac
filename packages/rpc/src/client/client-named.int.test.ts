import { ProtoReader, ProtoWriter } from "@msec/protocol";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { RpcServerOptions } from "../index.js";
import { Echo, echo, ListPicker, ofReason, openClient, startServer, type Text, TextType } from "./client-fixture.js";

async function openPair(options: Partial<RpcServerOptions> = {}) {
  const place = await startServer(echo, options);
  const client = openClient(new ListPicker([place]));
  return { client, target: `127.0.0.1:${place.port}@tcp` };
}

function encoded(text: string): Uint8Array {
  const writer = new ProtoWriter();
  TextType.encode({ text }, writer);
  return writer.finish();
}

describe("stubs", () => {
  it("have a function per method, named with a lower-case first letter", async () => {
    const { client, target } = await openPair();
    const stub = client.stub(Echo, target);
    expect(await stub.say({ text: "a" })).toEqual({ text: "a" });
    expect(await client.stub(Echo, "Test.echo").order({ text: "b" }, { timeoutMs: 500 })).toEqual({ text: "b" });
    expectTypeOf(stub.say).parameter(0).toEqualTypeOf<Text>();
    expectTypeOf(stub.say).returns.resolves.toEqualTypeOf<Text>();
    expectTypeOf<keyof typeof stub>().toEqualTypeOf<"say" | "order">();
    // @ts-expect-error no such method
    expect(() => stub.sing({ text: "c" })).toThrow(TypeError);
  });

  it("belong to the request when made with its context, and take options for all calls", async () => {
    const back = await startServer((_request, ctx) => ({ text: ctx.requestId }));
    const client = openClient(new ListPicker([back]));
    const front = await startServer(
      async (_request, ctx) => {
        const inner = await ctx.stub(Echo, "Test.back", { timeoutMs: 300 }).say({ text: "" });
        return { text: `${ctx.requestId === inner.text}` };
      },
      { client },
    );
    expect(
      await openClient(new ListPicker([front]))
        .stub(Echo, "Test.front")
        .say({ text: "" }),
    ).toEqual({ text: "true" });
  });
});

describe("calls by the method's name", () => {
  it("find registered methods and tell which one is not", async () => {
    const { client, target } = await openPair();
    await expect(client.callMethod(target, "test.Echo.Say", { text: "x" })).rejects.toEqual(
      ofReason("RPC_METHOD_UNREGISTERED"),
    );
    client.register(Echo);
    expect(await client.callMethod(target, "test.Echo.Say", { text: "x" }, 500)).toEqual({ text: "x" });
    expect(await client.callMethod("Test.echo", "test.Echo.Order", { text: "y" }, { timeoutMs: 500 })).toEqual({
      text: "y",
    });
    await expect(client.callMethod(target, "test.Echo.Sing", {})).rejects.toThrow("test.Echo.Sing");
  });

  it("carry bytes both ways without knowing the message", async () => {
    const { client, target } = await openPair();
    const answer = await client.callRaw(target, "test.Echo.Say", encoded("raw"));
    const reader = new ProtoReader(answer);
    reader.tag();
    expect(reader.string()).toBe("raw");
    await expect(client.callRaw(target, "test.Echo.Sing", new Uint8Array(0))).rejects.toEqual(
      ofReason("RPC_METHOD_UNKNOWN"),
    );
  });
});
