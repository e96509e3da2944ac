import { createServer, type Server, type Socket } from "node:net";
import { AppError, defineError } from "@msec/core";
import { createMessageType, type MessageType } from "@msec/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  bindService,
  type CallContext,
  type CallOutcome,
  createRpcClient,
  createRpcServer,
  currentContext,
  type Handler,
  type OutgoingCall,
  type Picker,
  type RpcClient,
  type RpcClientOptions,
  type RpcServer,
  type RpcServerOptions,
} from "./index.js";

interface Text {
  text: string;
}
const TextType: MessageType<Text, Text> = createMessageType<Text, Text>("test.Text", [
  { kind: "scalar", scalar: "string", name: "text", number: 1, label: "required", packed: false },
]);
const say = { fullName: "test.Echo.Say", name: "Say", input: TextType, output: TextType, isIdempotent: true };
const order = { ...say, fullName: "test.Echo.Order", name: "Order", isIdempotent: false };
const Echo = { typeName: "test.Echo", methods: { Say: say, Order: order } };
type Say = Handler<typeof say>;

interface Place {
  host: string;
  port: number;
}

/** Offers the places in turn, avoiding those tried, and keeps what was reported. */
class ListPicker implements Picker {
  readonly reports: { port: number; outcome: CallOutcome }[] = [];
  places: readonly Place[];
  #turn = 0;

  constructor(places: readonly Place[]) {
    this.places = places;
  }

  pick(_service: string, tried: readonly string[]) {
    const fresh = this.places.filter(({ host, port }) => !tried.includes(`${host}:${port}`));
    const among = fresh.length > 0 ? fresh : this.places;
    const { host, port } = among[this.#turn++ % among.length]!;
    let isReported = false;
    const report = (outcome: CallOutcome): void => {
      if (isReported) throw new Error("reported twice");
      isReported = true;
      this.reports.push({ port, outcome });
    };
    return { host, port, transport: "tcp" as const, report };
  }

  outcomes(port: number): CallOutcome[] {
    return this.reports.filter((report) => report.port === port).map((report) => report.outcome);
  }
}

async function startServer(
  handler: Say,
  options: Partial<RpcServerOptions> = {},
): Promise<Place & { server: RpcServer }> {
  const services = [bindService(Echo, { say: handler, order: handler })];
  const server = createRpcServer({ service: "Test.echo", services, ...options });
  onTestFinished(async () => void (await server.stop({ graceMs: 0 })));
  return { ...(await server.listen({ host: "127.0.0.1" })), server };
}

function openClient(picker: Picker, options: Partial<RpcClientOptions> = {}): RpcClient {
  const client = createRpcClient({ service: "Test.caller", picker, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** A peer that accepts and does what the test says with each connection. */
async function startRaw(onConnection: (socket: Socket) => void): Promise<Place & { raw: Server }> {
  const sockets = new Set<Socket>();
  const raw = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    raw.close();
  });
  return { host: "127.0.0.1", port: (raw.address() as { port: number }).port, raw };
}

/** An address where nothing listens. */
async function deadPlace(): Promise<Place> {
  const { host, port, raw } = await startRaw(() => undefined);
  await new Promise((resolve) => raw.close(resolve));
  return { host, port };
}

const echo: Say = (request) => request;
const ofReason = (reason: string) => expect.objectContaining({ reason });

describe("calls", () => {
  it("keeps ten thousand calls in flight on one connection, answered in any order", async () => {
    const waiting: (() => void)[] = [];
    const place = await startServer(async (request) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return request;
    });
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
    expect(left[0]).toBeGreaterThan(20);
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
    release?.();
    await expect.poll(() => stuck.server.inFlight).toBe(0);
    picker.places = [stuck];
    const next = client.call(say, "Test.echo", { text: "y" });
    await expect.poll(() => stuck.server.inFlight).toBe(1);
    release?.();
    expect(await next).toEqual({ text: "y" });
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
});

describe("failing instances", () => {
  it("goes on to the next instance when one refuses, for any method", async () => {
    const dead = await deadPlace();
    const fine = await startServer(echo);
    const picker = new ListPicker([dead, fine]);
    expect(await openClient(picker).call(order, "Test.echo", { text: "x" })).toEqual({ text: "x" });
    expect(picker.outcomes(dead.port)).toEqual(["refused"]);
  });

  it("walks past several dead instances and gives NET_REFUSED when all are dead", async () => {
    const dead = await Promise.all(Array.from({ length: 5 }, deadPlace));
    const client = openClient(new ListPicker([...dead, await startServer(echo)]));
    expect(await client.call(order, "Test.echo", { text: "x" })).toEqual({ text: "x" });
    await expect(openClient(new ListPicker(dead)).call(say, "Test.echo", { text: "x" })).rejects.toEqual(
      ofReason("NET_REFUSED"),
    );
  });

  it("repeats idempotent calls whose connection was lost, and only those", async () => {
    const fragile = await startRaw((socket) => socket.on("data", () => socket.resetAndDestroy()));
    const fine = await startServer(echo);
    const picker = new ListPicker([fragile, fine]);
    const client = openClient(picker, { limits: { retryBudget: { burst: 0, ratio: 0 } } });
    const many = await Promise.all(
      Array.from({ length: 400 }, (_, i) => client.call(say, "Test.echo", { text: `${i}` })),
    );
    expect(many.map(({ text }) => text)).toEqual(Array.from({ length: 400 }, (_, i) => `${i}`));
    expect(new Set(picker.outcomes(fragile.port))).toEqual(new Set(["reset"]));
    picker.places = [fragile];
    await expect(client.call(order, "Test.echo", { text: "x" })).rejects.toEqual(ofReason("NET_RESET"));
  });

  it("ends a call at a peer that answers with something else than frames", async () => {
    const babbler = await startRaw((socket) =>
      socket.on("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    const picker = new ListPicker([babbler]);
    await expect(openClient(picker).call(order, "Test.echo", { text: "x" })).rejects.toEqual(
      ofReason("PROTO_FRAME_BAD_START"),
    );
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["reset"]);
  });

  it("sends what an overloaded instance refuses to another one while the budget lasts", async () => {
    const full = await startServer(echo, { limits: { maxInFlight: 0 } });
    const fine = await startServer(echo);
    const client = openClient(new ListPicker([full, fine]), { limits: { retryBudget: { burst: 1, ratio: 0 } } });
    expect(await client.call(order, "Test.echo", { text: "x" })).toEqual({ text: "x" });
    const stingy = openClient(new ListPicker([full, fine]), { limits: { retryBudget: { burst: 0, ratio: 0 } } });
    await expect(stingy.call(say, "Test.echo", { text: "x" })).rejects.toEqual(ofReason("RPC_OVERLOADED"));
  });

  it("loses no call while one of two instances stops gracefully under load", async () => {
    const slowly: Say = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return request;
    };
    const [first, second] = [await startServer(slowly), await startServer(slowly)];
    const client = openClient(new ListPicker([first, second]));
    const failures: unknown[] = [];
    let done = 0;
    let isOver = false;
    const worker = async (): Promise<void> => {
      while (!isOver) {
        await client.call(order, "Test.echo", { text: "x" }).then(
          () => done++,
          (error: unknown) => failures.push(error),
        );
      }
    };
    const workers = Array.from({ length: 64 }, worker);
    await expect.poll(() => done, { timeout: 5000 }).toBeGreaterThan(500);
    expect(await first.server.stop({ graceMs: 3000 })).toEqual({ cutOff: 0 });
    const doneAtStop = done;
    await expect.poll(() => done, { timeout: 5000 }).toBeGreaterThan(doneAtStop + 500);
    isOver = true;
    await Promise.all(workers);
    expect(failures).toEqual([]);
  });
});

describe("context", () => {
  it("follows awaits, timers and helpers; nested calls inherit flow, colour, trace and the smaller deadline", async () => {
    interface Seen {
      id: string;
      parent: string;
      span: string;
      left: number;
      coloring: boolean;
    }
    const facts = (ctx: CallContext): Seen => ({
      id: ctx.requestId,
      parent: ctx.parentSpanId,
      span: ctx.spanId,
      left: ctx.remainingMs(),
      coloring: ctx.coloring,
    });
    const back = await startServer((_request, ctx) => ({ text: JSON.stringify(facts(ctx)) }));
    const client = openClient(new ListPicker([back]));
    const noted: number[] = [];
    const helper = async (): Promise<string> =>
      (await client.call(say, "Test.back", { text: "" }, { timeoutMs: 5000 })).text;
    const front = await startServer(
      async (_request, ctx) => {
        ctx.coloring = true;
        await new Promise((resolve) => setTimeout(resolve, 1));
        const byTimer = await new Promise<boolean>((resolve) => setImmediate(() => resolve(currentContext() === ctx)));
        const implicit = await helper();
        const explicit = (await ctx.call(say, "Test.back", { text: "" })).text;
        return { text: JSON.stringify([facts(ctx), JSON.parse(implicit), JSON.parse(explicit), byTimer]) };
      },
      { client, events: { onRequest: (request) => void noted.push(request.calls.length), onCall: () => undefined } },
    );
    const outer = openClient(new ListPicker([front]));
    const answer = await outer.call(say, "Test.front", { text: "" }, { timeoutMs: 1000 });
    const [own, implicit, explicit, byTimer] = JSON.parse(answer.text) as [Seen, Seen, Seen, boolean];
    expect(byTimer).toBe(true);
    expect(currentContext()).toBeUndefined();
    for (const nested of [implicit, explicit]) {
      expect(nested).toMatchObject({ id: own.id, parent: own.span, coloring: true });
      expect(nested.span).not.toBe(own.span);
      expect(nested.left).toBeLessThanOrEqual(1000);
    }
    expect(noted).toEqual([2]);
  });

  it("does not let an overloaded callee look like an overloaded caller", async () => {
    const full = await startServer(echo, { limits: { maxInFlight: 0 } });
    const client = openClient(new ListPicker([full]));
    const front = await startServer((request, ctx) => ctx.call(say, "Test.full", request), { client });
    const picker = new ListPicker([front]);
    await expect(openClient(picker).call(order, "Test.front", { text: "" })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      reason: "RPC_CALLEE_FAILED",
    });
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["success"]);
  });
});
