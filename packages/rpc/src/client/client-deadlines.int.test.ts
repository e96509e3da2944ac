import { getEventListeners } from "node:events";
import { systemClock } from "@msec/core";
import {
  CAPABILITY_CANCEL,
  createFrameSlice,
  createHead,
  decodeHead,
  encodeFrame,
  frameLength,
  ProtoWriter,
  sliceFrame,
} from "@msec/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  echo,
  ListPicker,
  ofReason,
  openClient,
  order,
  type Say,
  say,
  startRaw,
  startServer,
} from "./client-fixture.js";

describe("deadlines and cancellation", () => {
  it("gives up at the deadline and tells the server what was left", async () => {
    const left: number[] = [];
    const never: Say = (_request, ctx) => {
      left.push(ctx.remainingMs());
      return new Promise(() => undefined);
    };
    const picker = new ListPicker([await startServer(never)]);
    await expect(openClient(picker).call(order, "Test.echo", { text: "x" }, { timeoutMs: 60 })).rejects.toEqual(
      ofReason("RPC_TIMEOUT"),
    );
    expect(left[0]).toBeGreaterThan(0);
    expect(left[0]).toBeLessThanOrEqual(60);
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["timeout"]);
  });

  it("asks another instance at half time, and the late answer of the first harms nobody", async () => {
    let release: (() => void) | undefined;
    const stuck = await startServer(async (request) => {
      await new Promise<void>((resolve) => (release = resolve));
      return request;
    });
    const fine = await startServer(echo);
    const picker = new ListPicker([stuck, fine]);
    const client = openClient(picker);
    expect(await client.call(say, "Test.echo", { text: "x" }, { timeoutMs: 200 })).toEqual({ text: "x" });
    expect(picker.outcomes(stuck.port)).toEqual(["timeout"]);
    expect(picker.outcomes(fine.port)).toEqual(["success"]);
    expect(client.lateAnswers).toBe(0);
    release?.();
    await expect.poll(() => stuck.server.inFlight).toBe(0);
    await expect.poll(() => client.lateAnswers).toBe(1);
    picker.places = [stuck];
    const next = client.call(say, "Test.echo", { text: "y" });
    await expect.poll(() => stuck.server.inFlight).toBe(1);
    release?.();
    expect(await next).toEqual({ text: "y" });
  });

  it("may share one signal among many calls without a warning of Node's, and leave nothing on it", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on("warning", onWarning);
    onTestFinished(() => void process.off("warning", onWarning));
    const client = openClient(new ListPicker([await startServer(echo)]));
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 50 }, () => client.call(say, "Test.echo", { text: "a" }, { signal })));
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("keeps to deadlines while the time of day jumps", async () => {
    let jumpMs = 0;
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + jumpMs };
    const left: number[] = [];
    const slow: Say = async (request, ctx) => {
      jumpMs += request.text === "on" ? 3_600_000 : -7_200_000;
      left.push(ctx.remainingMs());
      await clock.sleep(20);
      return request;
    };
    const picker = new ListPicker([await startServer(slow, { clock })]);
    const client = openClient(picker, { clock });
    const options = { timeoutMs: 1_000 };
    expect(await client.call(order, "Test.echo", { text: "on" }, options)).toEqual({ text: "on" });
    expect(await client.call(order, "Test.echo", { text: "back" }, options)).toEqual({ text: "back" });
    expect(left.every((ms) => ms > 0 && ms <= 1_000)).toBe(true);
    expect(picker.reports.every(({ latencyMs }) => latencyMs > 0 && latencyMs < 1_000)).toBe(true);
  });

  it("does not ask twice when a repeat could do harm or nobody else is there", async () => {
    let count = 0;
    const stuck = await startServer(() => {
      count++;
      return new Promise(() => undefined);
    });
    const fine = await startServer(echo);
    const once = openClient(new ListPicker([stuck, fine])).call(order, "Test.echo", { text: "x" }, { timeoutMs: 60 });
    await expect(once).rejects.toEqual(ofReason("RPC_TIMEOUT"));
    const alone = openClient(new ListPicker([stuck])).call(say, "Test.echo", { text: "x" }, { timeoutMs: 60 });
    await expect(alone).rejects.toEqual(ofReason("RPC_TIMEOUT"));
    expect(count).toBe(2);
  });

  it("rejects at once when the signal is aborted, before or after sending", async () => {
    const place = await startServer(() => new Promise(() => undefined));
    const picker = new ListPicker([place]);
    const client = openClient(picker);
    const controller = new AbortController();
    const call = client.call(say, "Test.echo", { text: "x" }, { signal: controller.signal });
    await expect.poll(() => place.server.inFlight).toBe(1);
    controller.abort();
    await expect(call).rejects.toEqual(ofReason("RPC_CANCELLED"));
    await expect(client.call(say, "Test.echo", { text: "x" }, { signal: controller.signal })).rejects.toEqual(
      ofReason("RPC_CANCELLED"),
    );
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["cancelled"]);
    expect(client.inFlight).toBe(0);
  });

  it("rejects everything when the client is closed", async () => {
    const place = await startServer(() => new Promise(() => undefined));
    const client = openClient(new ListPicker([place]));
    const call = client.call(say, "Test.echo", { text: "x" });
    await expect.poll(() => place.server.inFlight).toBe(1);
    client.close();
    await expect(call).rejects.toEqual(ofReason("RPC_CLIENT_CLOSED"));
    await expect(client.call(say, "Test.echo", { text: "x" })).rejects.toEqual(ofReason("RPC_CLIENT_CLOSED"));
  });

  it("tells a server that understands it that nobody waits any more, once per call", async () => {
    const cancels: number[] = [];
    let understands = true;
    const peer = await startRaw((socket) => {
      socket.on("data", (chunk) => {
        for (const { head } of readFrames(chunk)) {
          if (head.cancel === 1) cancels.push(head.sequenceLow);
          else if (head.methodName === say.fullName) {
            const { sequenceLow, methodName } = head;
            const capabilities = understands ? CAPABILITY_CANCEL : 0;
            socket.write(encodeFrame({ ...createHead(), sequenceLow, methodName, capabilities }, body));
          }
        }
      });
    });
    const body = new ProtoWriter().uint32(10).string("").finish();
    for (understands of [false, true]) {
      const client = openClient(new ListPicker([peer]));
      await client.call(say, "Test.echo", { text: "" });
      const late = client.call(order, "Test.echo", { text: "" }, { timeoutMs: 20 });
      const stopped = client.call(order, "Test.echo", { text: "" }, { signal: AbortSignal.timeout(20) });
      await Promise.all([
        expect(late).rejects.toEqual(ofReason("RPC_TIMEOUT")),
        expect(stopped).rejects.toEqual(ofReason("RPC_CANCELLED")),
      ]);
      await client.call(say, "Test.echo", { text: "" });
    }
    expect(cancels).toHaveLength(2);
    expect(new Set(cancels).size).toBe(2);
  });

  it("leaves the next hop what is left, minus the time spent", async () => {
    const left: number[] = [];
    const back = await startServer((request, ctx) => {
      left.push(ctx.remainingMs());
      return request;
    });
    const inner = openClient(new ListPicker([back]));
    const middle = await startServer(
      async (request, ctx) => {
        left.push(ctx.remainingMs());
        await new Promise((resolve) => setTimeout(resolve, 100));
        return ctx.call(say, "Test.back", request, { timeoutMs: 60_000 });
      },
      { client: inner },
    );
    await openClient(new ListPicker([middle])).call(order, "Test.middle", { text: "" }, { timeoutMs: 5_000 });
    const [first, second] = left as [number, number];
    expect(first).toBeLessThanOrEqual(5_000);
    expect(second).toBeLessThanOrEqual(first - 99);
    expect(second).toBeGreaterThan(0);
  });

  it("ends the calls of a request whose caller is gone or has given up, through two hops", async () => {
    let started = 0;
    const back = await startServer((request) => {
      if (request.text === "warm") return request;
      started++;
      return new Promise(() => undefined);
    });
    const inner = openClient(new ListPicker([back]));
    const middle = await startServer((request, ctx) => ctx.call(say, "Test.back", request, { timeoutMs: 60_000 }), {
      client: inner,
    });
    const slow = { timeoutMs: 60_000 };
    const leaving = openClient(new ListPicker([middle]));
    await leaving.call(order, "Test.middle", { text: "warm" });
    const stop = new AbortController();
    const cancelled = leaving.call(order, "Test.middle", { text: "" }, { ...slow, signal: stop.signal });
    await expect.poll(() => started).toBe(1);
    stop.abort();
    await expect(cancelled).rejects.toEqual(ofReason("RPC_CANCELLED"));
    await expect.poll(() => inner.inFlight).toBe(0);
    const lost = leaving.call(order, "Test.middle", { text: "" }, slow);
    await expect.poll(() => started).toBe(2);
    leaving.close();
    await expect(lost).rejects.toEqual(ofReason("RPC_CLIENT_CLOSED"));
    await expect.poll(() => inner.inFlight).toBe(0);
  });
});

/** The frames of a chunk that holds whole ones. */
function* readFrames(chunk: Uint8Array) {
  const slice = createFrameSlice();
  for (let at = 0; at < chunk.length; ) {
    const size = frameLength(chunk, at, chunk.length, 1 << 20);
    if (size === 0) return;
    const head = createHead();
    sliceFrame(chunk, at, slice);
    decodeHead(chunk, slice.headStart, slice.headEnd, head);
    yield { head };
    at += size;
  }
}
