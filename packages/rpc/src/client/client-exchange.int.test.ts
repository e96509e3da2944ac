import { createSocket } from "node:dgram";
import type { Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ExchangeProtocol } from "../index.js";
import { ListPicker, ofReason, openClient, type Say, say, startRaw, startServer } from "./client-fixture.js";

/** Ten decimal digits, then so many bytes of JSON. */
const digits: ExchangeProtocol<unknown, unknown> = {
  name: "digits",
  encode: (_sequence, message, writer) => {
    const body = Buffer.from(JSON.stringify(message));
    writer.raw(Buffer.from(String(body.length).padStart(10, "0"))).raw(body);
  },
  frameLength: (bytes, start, end) => {
    if (end - start < 10) return 0;
    const size = Number(Buffer.from(bytes.subarray(start, start + 10)).toString("latin1"));
    return Number.isInteger(size) ? 10 + size : -1;
  },
  decode: (bytes) => JSON.parse(Buffer.from(bytes.subarray(10)).toString("utf8")) as unknown,
};

/** The same with a number that answers repeat. */
const numbered: ExchangeProtocol<string, string> = {
  ...(digits as ExchangeProtocol<unknown, never>),
  name: "numbered",
  encode: (sequence, text, writer) => digits.encode(0, { sequence, text }, writer),
  decode: (bytes) => (digits.decode(bytes) as { text: string }).text,
  sequenceOf: (bytes) => (digits.decode(bytes) as { sequence: number }).sequence,
};

function frame(value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value));
  return Buffer.concat([Buffer.from(String(body.length).padStart(10, "0")), body]);
}

function throwOops(): never {
  throw new TypeError("oops");
}

/** Calls `onMessage` for each whole request of the connection. */
function readMessages(socket: Socket, onMessage: (value: unknown) => void): void {
  let held = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    for (let size = digits.frameLength(held, 0, held.length); size > 0 && size <= held.length; ) {
      onMessage(digits.decode(held.subarray(0, size)));
      held = held.subarray(size);
      size = digits.frameLength(held, 0, held.length);
    }
  });
}

describe("protocols of the caller's own", () => {
  it("serve one call at a time per connection when answers carry no number, on as many as the limit allows", async () => {
    let connections = 0;
    let most = 0;
    const place = await startRaw((socket) => {
      connections++;
      let busy = 0;
      readMessages(socket, (value) => {
        most = Math.max(most, ++busy);
        setImmediate(() => {
          busy--;
          const bytes = frame({ echo: value });
          socket.write(bytes.subarray(0, 12));
          setImmediate(() => socket.write(bytes.subarray(12)));
        });
      });
    });
    const picker = new ListPicker([place]);
    const client = openClient(picker, { limits: { serialConnectionsPerAddress: 3 } });
    const calls = Array.from({ length: 40 }, (_, n) =>
      client.exchange("Web.jsoup", digits, { n }, { timeoutMs: 5000 }),
    );
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 40 }, (_, n) => ({ echo: { n } })));
    expect([connections, most]).toEqual([3, 1]);
    expect(picker.reports.every(({ outcome, latencyMs }) => outcome === "success" && latencyMs > 0)).toBe(true);
    expect(picker.reports).toHaveLength(40);
  });

  it("share a connection when answers carry a number, in any order", async () => {
    let connections = 0;
    const place = await startRaw((socket) => {
      connections++;
      const waiting: unknown[] = [];
      readMessages(socket, (value) => {
        waiting.push(value);
        if (waiting.length === 20) socket.write(Buffer.concat(waiting.reverse().map(frame)));
      });
    });
    const client = openClient(new ListPicker([place]));
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`);
    expect(await Promise.all(texts.map((text) => client.exchange("Web.numbered", numbered, text)))).toEqual(texts);
    expect(connections).toBe(1);
  });

  it("keep to the deadline; a late answer is not taken for that of the next call", async () => {
    const place = await startRaw((socket) =>
      readMessages(socket, (value) => {
        if (value !== "slow") socket.write(frame(value));
        else setTimeout(() => socket.write(frame("late")), 60);
      }),
    );
    const picker = new ListPicker([place]);
    const client = openClient(picker, { limits: { serialConnectionsPerAddress: 1 } });
    const slow = client.exchange("Web.jsoup", digits, "slow", { timeoutMs: 40 });
    const queued = client.exchange("Web.jsoup", digits, "queued", { timeoutMs: 3000 });
    await expect(slow).rejects.toEqual(ofReason("RPC_TIMEOUT"));
    expect(await queued).toBe("queued");
    expect(await client.exchange("Web.jsoup", digits, "next")).toBe("next");
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["timeout", "success", "success"]);
  });

  it("have those who wait for a connection served when the one before them can't be encoded", async () => {
    const place = await startRaw((socket) =>
      readMessages(socket, (value) => setTimeout(() => socket.write(frame(value)), 20)),
    );
    const client = openClient(new ListPicker([place]), { limits: { serialConnectionsPerAddress: 1 } });
    const first = client.exchange("Web.jsoup", digits, "first");
    const broken = client.exchange("Web.jsoup", digits, 1n);
    const last = client.exchange("Web.jsoup", digits, "last");
    await expect(broken).rejects.toThrow(TypeError);
    expect([await first, await last]).toEqual(["first", "last"]);
  });

  it("give nobody a connection that closes after the answer of another call", async () => {
    const held: (() => void)[] = [];
    const place = await startRaw((socket) =>
      readMessages(socket, (value) => {
        if (value === "held") held.push(() => socket.write(frame(value)));
        else socket.write(frame(value));
      }),
    );
    const client = openClient(new ListPicker([place]), { limits: { serialConnectionsPerAddress: 1 } });
    const calls = ["held", "waits"].map((text) => client.exchange("Web.jsoup", digits, text));
    expect(await client.exchange("Web.jsoup", digits, "short", { shortConnection: true })).toBe("short");
    await expect.poll(() => held.length).toBe(1);
    held[0]!();
    expect(await Promise.all(calls)).toEqual(["held", "waits"]);
  });

  it("reject those who wait for a connection when the client is closed, and dial no more", async () => {
    const seen: unknown[] = [];
    let connections = 0;
    const place = await startRaw((socket) => {
      connections++;
      readMessages(socket, (value) => seen.push(value));
    });
    const picker = new ListPicker([place]);
    const client = openClient(picker, { limits: { serialConnectionsPerAddress: 1 } });
    const calls = Promise.allSettled(["asked", "waits"].map((text) => client.exchange("Web.jsoup", digits, text)));
    await expect.poll(() => seen).toEqual(["asked"]);
    client.close();
    const reason: unknown = ofReason("RPC_CLIENT_CLOSED");
    expect(await calls).toEqual([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["cancelled", "cancelled"]);
    expect([client.inFlight, connections]).toEqual([0, 1]);
  });

  it.each([
    ["length check", "its length check threw oops", { frameLength: throwOops }],
    ["sequenceOf", "sequenceOf threw oops", { sequenceOf: throwOops }],
    ["length check that is no whole number", "its length check gave 1.5", { frameLength: () => 1.5 }],
  ])("name a %s that fails, not the network", async (_what, problem, broken) => {
    const place = await startRaw((socket) => socket.on("data", () => socket.write(frame("x"))));
    const call = openClient(new ListPicker([place])).exchange("Web.jsoup", { ...digits, ...broken }, "x");
    await expect(call).rejects.toMatchObject({
      reason: "RPC_EXCHANGE_INVALID",
      message: expect.stringContaining(problem),
    });
  });

  it.each([
    ["a length that is none", "nonsense!!", "RPC_EXCHANGE_INVALID", "reset"],
    ["an answer that can't be decoded", "0000000003{x}", "RPC_RESPONSE_INVALID", "error"],
    ["more than the largest frame", "0099999999", "PROTO_FRAME_TOO_LARGE", "reset"],
  ])("end with an error that says so at %s", async (_what, bytes, reason, outcome) => {
    const place = await startRaw((socket) => socket.on("data", () => socket.write(bytes)));
    const picker = new ListPicker([place]);
    const call = openClient(picker).exchange("Web.jsoup", digits, "x");
    await expect(call).rejects.toEqual(ofReason(reason));
    expect(picker.reports.map((report) => report.outcome)).toEqual([outcome]);
  });

  it("fail with what the caller's own encoder throws, blaming nobody", async () => {
    const picker = new ListPicker([await startRaw(() => undefined)]);
    const broken = {
      ...digits,
      encode: () => {
        throw new TypeError("no such field");
      },
    };
    await expect(openClient(picker).exchange("Web.jsoup", broken, "x")).rejects.toThrow("no such field");
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["cancelled"]);
  });

  it("work over UDP, a datagram each way, ignoring other senders", async () => {
    const peer = createSocket("udp4");
    const stranger = createSocket("udp4");
    onTestFinished(() => {
      peer.close();
      stranger.close();
    });
    peer.on("message", (bytes, from) => {
      stranger.send(frame("forged"), from.port, from.address, () => peer.send(bytes, from.port, from.address));
    });
    await new Promise<void>((resolve) => peer.bind(0, "127.0.0.1", resolve));
    const target = `127.0.0.1:${peer.address().port}@udp`;
    const client = openClient(new ListPicker([]));
    const values = Array.from({ length: 10 }, (_, n) => ({ n }));
    const calls = values.map((value) => client.exchange(target, digits, value, { timeoutMs: 3000 }));
    expect(await Promise.all(calls)).toEqual(values);
    expect(await client.exchange(target, numbered, "x", { timeoutMs: 3000 })).toBe("x");
  });

  it("are at hand in a handler and end with its request", async () => {
    const seen: string[] = [];
    const place = await startRaw((socket) => readMessages(socket, (value) => seen.push(`${value}`)));
    const client = openClient(new ListPicker([place]));
    const ask: Say = async (request, ctx) => {
      if (request.text === "warm") return request;
      return { text: `${await ctx.exchange("Web.jsoup", digits, "never answered", { timeoutMs: 9000 })}` };
    };
    const outer = openClient(new ListPicker([await startServer(ask, { client })]));
    const stop = new AbortController();
    await outer.call(say, "Test.front", { text: "warm" });
    const call = outer.call(say, "Test.front", { text: "" }, { signal: stop.signal, timeoutMs: 9000 });
    await expect.poll(() => client.inFlight).toBe(1);
    stop.abort();
    await expect(call).rejects.toEqual(ofReason("RPC_CANCELLED"));
    await expect.poll(() => client.inFlight).toBe(0);
    expect(seen).toEqual(["never answered"]);
  });
});
