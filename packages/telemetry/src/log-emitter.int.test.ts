import { createServer, type Server, type Socket } from "node:net";
import type { HostPort } from "@msec/core";
import { type FlumeEvent, LogEventReader } from "@msec/protocol";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { LogEmitter, type LogEmitterOptions } from "./log-emitter.js";

/** The agent's log port. */
class Listener {
  readonly events: FlumeEvent[] = [];
  readonly sockets = new Set<Socket>();
  #server: Server | undefined;

  get bodies(): string[] {
    return this.events.map(({ body }) => body);
  }

  async listen(port = 0, onConnection: (socket: Socket) => void = (socket) => this.#read(socket)): Promise<HostPort> {
    const server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on("error", () => undefined);
      onConnection(socket);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return { host: "127.0.0.1", port: (server.address() as { port: number }).port };
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
  }

  #read(socket: Socket): void {
    const reader = new LogEventReader();
    socket.on("data", (chunk: Buffer) => {
      reader.push(chunk);
      for (let event = reader.next(); event; event = reader.next()) this.events.push(event);
    });
  }
}

const listeners: Listener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

function createListener(): Listener {
  const listener = new Listener();
  listeners.push(listener);
  return listener;
}

function createEmitter(options: Partial<LogEmitterOptions>): LogEmitter {
  const emitter = new LogEmitter({ address: () => undefined, batchMs: 1, retryMs: 5, ...options });
  onTestFinished(() => emitter.close(0));
  return emitter;
}

describe("LogEmitter", () => {
  it("sends records in order over one connection", async () => {
    const listener = createListener();
    const address = await listener.listen();
    const emitter = createEmitter({ address: () => address });
    for (let n = 0; n < 5_000; n += 1) emitter.write({ ReqID: String(n), Level: "INFO" }, `text ${n}`);
    await vi.waitFor(() => expect(listener.events).toHaveLength(5_000), 5_000);
    expect(listener.bodies.slice(-2)).toEqual(["text 4998", "text 4999"]);
    expect(Object.fromEntries(listener.events[7]!.headers)).toEqual({ ReqID: "7", Level: "INFO" });
    expect(listener.sockets.size).toBe(1);
    expect(emitter.counts).toMatchObject({ sent: 5_000, dropped: 0, tooLarge: 0, waiting: 0 });
  });

  it("keeps records while there is no agent and finds one that comes, elsewhere", async () => {
    let address: HostPort | undefined;
    const emitter = createEmitter({ address: () => address });
    emitter.write({}, "before");
    const listener = createListener();
    const there = await listener.listen();
    address = { host: "127.0.0.1", port: 1 }; // refused
    emitter.write({}, "refused");
    address = there;
    await vi.waitFor(() => expect(listener.bodies).toEqual(["before", "refused"]), 5_000);
  });

  it("connects again after the agent is gone, and goes on", async () => {
    const first = createListener();
    let address = await first.listen();
    const emitter = createEmitter({ address: () => address });
    emitter.write({}, "one");
    await vi.waitFor(() => expect(first.bodies).toEqual(["one"]), 5_000);
    await first.close();
    const second = createListener();
    address = await second.listen();
    let n = 0;
    await vi.waitFor(() => {
      emitter.write({}, `two ${n++}`);
      expect(second.bodies.length).toBeGreaterThan(0);
    }, 5_000);
    expect(second.bodies.at(-1)).toMatch(/^two/);
  });

  it("drops the oldest when a peer does not read, with bounded memory", async () => {
    const listener = createListener();
    const address = await listener.listen(0, (socket) => socket.pause());
    const emitter = createEmitter({ address: () => address, maxRecords: 100 });
    const text = "x".repeat(7_000);
    for (let round = 0; round < 50; round += 1) {
      for (let n = 0; n < 100; n += 1) emitter.write({}, text);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { sent, dropped, waiting } = emitter.counts;
    expect(dropped).toBeGreaterThan(0);
    expect(waiting).toBeLessThanOrEqual(110);
    expect(sent + dropped + waiting).toBe(5_000);
  });

  it("cuts long texts between characters and counts headers that are too large", async () => {
    const listener = createListener();
    const address = await listener.listen();
    const emitter = createEmitter({ address: () => address });
    emitter.write({}, "中".repeat(4_000));
    emitter.write({ big: "x".repeat(11_000) }, "lost");
    await vi.waitFor(() => expect(listener.events).toHaveLength(1), 5_000);
    expect(listener.bodies).toEqual(["中".repeat(2_389)]);
    expect(emitter.counts.tooLarge).toBe(1);
  });

  it("sends what waits when it is closed, and nothing after", async () => {
    const listener = createListener();
    const address = await listener.listen();
    const emitter = createEmitter({ address: () => address, batchMs: 60_000 });
    emitter.write({}, "last");
    await emitter.close();
    emitter.write({}, "too late");
    await vi.waitFor(() => expect(listener.bodies).toEqual(["last"]), 5_000);
    const alone = createEmitter({});
    alone.write({}, "nobody");
    await alone.close(); // no agent: at once
    expect(alone.counts.waiting).toBe(1);
  });

  it("sends hop batches over the same connection, behind the log that waits", async () => {
    const listener = createListener();
    const address = await listener.listen();
    const emitter = createEmitter({ address: () => address, batchMs: 60_000 });
    // A stand-in for a batch: an event whose third word says that it stands for 7 records.
    const frame = Buffer.from("1a000000a206948080000000000007000000000000000000000000000000", "hex");
    emitter.writeHops(frame);
    emitter.writeHops(frame);
    emitter.write({}, "first");
    expect(emitter.counts).toMatchObject({ waiting: 1, hopsWaiting: 14 });
    await emitter.close();
    await vi.waitFor(() => expect(listener.events).toHaveLength(3), 5_000);
    expect(listener.events.map(({ body, hops }) => [body, hops?.length])).toEqual([
      ["first", undefined],
      ["", 20],
      ["", 20],
    ]);
    expect(emitter.counts).toMatchObject({ sent: 1, waiting: 0, hopsSent: 14, hopsWaiting: 0, hopsDropped: 0 });
  });
});
