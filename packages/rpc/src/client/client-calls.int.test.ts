import { AppError, defineError } from "@msec/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { bindService, createRpcServer, type OutgoingCall } from "../index.js";
import {
  Echo,
  echo,
  ListPicker,
  ofReason,
  openClient,
  order,
  type Say,
  say,
  startServer,
  type Text,
} from "./client-fixture.js";

describe("calls", () => {
  it("keeps ten thousand calls in flight on one connection, answered in any order", async () => {
    const waiting: (() => void)[] = [];
    const hold: Say = async (request) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return request;
    };
    const place = await startServer(hold, { limits: { maxQueueDelayMs: 0 } });
    const client = openClient(new ListPicker([place]));
    const calls = Array.from({ length: 10_000 }, (_, i) =>
      client.call(say, "Test.echo", { text: `${i}` }, { timeoutMs: 15_000 }),
    );
    await expect.poll(() => waiting.length, { timeout: 10_000 }).toBe(10_000);
    expect(place.server.connections).toBe(1);
    for (const release of waiting.reverse()) release();
    expect((await Promise.all(calls)).every((answer, i) => answer.text === `${i}`)).toBe(true);
    expect(client.inFlight).toBe(0);
  });

  it("reaches ip:port@tcp without a picker's help and refuses what is no target", async () => {
    const place = await startServer(echo);
    const client = openClient(new ListPicker([]));
    expect(await client.call(say, `127.0.0.1:${place.port}@tcp`, { text: "x" })).toEqual({ text: "x" });
    for (const target of ["nothing", "a.b.c", "127.0.0.1:0@tcp", "127.0.0.1:80@sctp", "300.0.0.1:80"]) {
      await expect(client.call(say, target, { text: "x" })).rejects.toEqual(ofReason("RPC_TARGET_INVALID"));
    }
  });

  it("refuses a timeout that is no number instead of waiting for ever, and a target that is no text", async () => {
    const place = await startServer(echo);
    const client = openClient(new ListPicker([place]), { targets: { "Test.slow": { timeoutMs: Number.NaN } } });
    const timeoutMs = Number("");
    await expect(client.call(say, "Test.echo", { text: "x" }, { timeoutMs })).rejects.toEqual(
      ofReason("RPC_DEADLINE_PASSED"),
    );
    await expect(client.call(say, "Test.echo", { text: "x" }, { timeoutMs: Number("1 s") })).rejects.toMatchObject({
      reason: "RPC_OPTION_INVALID",
      details: { option: "timeoutMs" },
    });
    await expect(client.call(say, "Test.slow", { text: "x" })).rejects.toEqual(ofReason("RPC_OPTION_INVALID"));
    const none = undefined as unknown as string;
    await expect(async () => client.call(say, none, { text: "x" })).rejects.toEqual(ofReason("RPC_TARGET_INVALID"));
    expect(client.inFlight).toBe(0);
  });

  it("speaks UDP to those who offer nothing else", async () => {
    const { server } = await startServer(echo);
    const { port } = await server.listenUdp({ host: "127.0.0.1" });
    const client = openClient(new ListPicker([]));
    const target = `127.0.0.1:${port}@udp`;
    const texts = Array.from({ length: 50 }, (_, i) => `${i}`);
    const answers = await Promise.all(texts.map((text) => client.call(say, target, { text })));
    expect(answers.map(({ text }) => text)).toEqual(texts);
    await expect(client.call(say, target, { text: "x".repeat(70_000) })).rejects.toEqual(
      ofReason("PROTO_FRAME_TOO_LARGE"),
    );
    await expect(client.call({ ...say, fullName: "test.Echo.None" }, target, { text: "" })).rejects.toEqual(
      ofReason("RPC_METHOD_UNKNOWN"),
    );
    await server.stop();
    await expect(client.call(order, target, { text: "" }, { timeoutMs: 200 })).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
  });

  it("connects anew to an instance that came back", async () => {
    const first = await startServer(echo);
    const client = openClient(new ListPicker([first]));
    await client.call(say, "Test.echo", { text: "x" });
    await first.server.stop();
    await expect(client.call(say, "Test.echo", { text: "x" })).rejects.toEqual(ofReason("NET_REFUSED"));
    const services = [bindService(Echo, { say: echo, order: echo })];
    const second = createRpcServer({ service: "Test.echo", services });
    onTestFinished(async () => void (await second.stop({ graceMs: 0 })));
    await second.listen({ host: "127.0.0.1", port: first.port });
    expect(await client.call(say, "Test.echo", { text: "y" })).toEqual({ text: "y" });
  });

  it("rejects a request that is no message, blaming nobody", async () => {
    const picker = new ListPicker([await startServer(echo)]);
    const client = openClient(picker);
    await client.call(say, "Test.echo", { text: "warm" });
    await expect(client.call(say, "Test.echo", {} as Text)).rejects.toEqual(ofReason("PROTO_REQUIRED_FIELD_MISSING"));
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["success", "cancelled"]);
    expect(await client.call(say, "Test.echo", { text: "fine" })).toEqual({ text: "fine" });
  });

  it("gives the handler's own error to the caller and counts it as an answer", async () => {
    const SeatTaken = defineError<{ seat: string }>(
      "TEST_SEAT_TAKEN",
      "ALREADY_EXISTS",
      (d) => `seat ${d.seat} is taken`,
    );
    const picker = new ListPicker([await startServer(() => Promise.reject(new SeatTaken({ seat: "4A" })))]);
    const error = await openClient(picker)
      .call(say, "Test.echo", { text: "" })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: "ALREADY_EXISTS", reason: "TEST_SEAT_TAKEN", message: "seat 4A is taken" });
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["success"]);
  });

  it("reports each attempt to the event sink", async () => {
    const seen: OutgoingCall[] = [];
    const place = await startServer(echo);
    const client = openClient(new ListPicker([place]), {
      events: { onRequest: () => undefined, onCall: (call) => void seen.push(call) },
    });
    await client.call(say, "Test.echo", { text: "x" });
    const { target, method, address, attempt, err, reason } = seen[0]!;
    expect({ target, method, address, attempt, err, reason }).toEqual({
      target: "Test.echo",
      method: "test.Echo.Say",
      address: `127.0.0.1:${place.port}`,
      attempt: 0,
      err: 0,
      reason: "",
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]!.spanId).toMatch(/^[0-9a-f]{16}$/);
  });
});
