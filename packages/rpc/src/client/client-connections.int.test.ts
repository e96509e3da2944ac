import { createSocket } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ExchangeProtocol } from "../index.js";
import {
  deadPlace,
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

const direct = (port: number): string => `127.0.0.1:${port}@tcp`;

describe("connections", () => {
  it("are as many per instance as the client says, shared by its calls", async () => {
    const waiting: (() => void)[] = [];
    const hold: Say = async (request) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return request;
    };
    const place = await startServer(hold);
    const client = openClient(new ListPicker([place]), { limits: { connectionsPerAddress: 4 } });
    const calls = Array.from({ length: 20 }, () => client.call(say, "Test.echo", { text: "" }, { timeoutMs: 9000 }));
    await expect.poll(() => waiting.length).toBe(20);
    expect(place.server.connections).toBe(4);
    for (const release of waiting) release();
    await Promise.all(calls);
  });

  it("serve one call each when they are to be short, and close after the answer", async () => {
    let opened = 0;
    const { port, server } = await startServer(echo);
    const relay = await startRaw((socket) => {
      opened++;
      pipeTo(socket, port);
    });
    const client = openClient(new ListPicker([relay]), { targets: { "Old.echo": { shortConnection: true } } });
    const texts = Array.from({ length: 10 }, (_, n) => `${n}`);
    const answers = await Promise.all(texts.map((text) => client.call(order, "Old.echo", { text })));
    expect(answers.map(({ text }) => text)).toEqual(texts);
    expect(opened).toBe(10);
    await expect.poll(() => server.connections).toBe(0);
    await client.call(order, direct(relay.port), { text: "" }, { shortConnection: true });
    expect(opened).toBe(11);
    await expect.poll(() => server.connections).toBe(0);
  });

  it("that were short are gone after the answer, though the peer keeps its side open", async () => {
    const sockets: Socket[] = [];
    const peer = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.on("data", (bytes: Buffer) => socket.write(bytes));
    });
    onTestFinished(() => void peer.close());
    await new Promise<void>((resolve) => peer.listen(0, "127.0.0.1", resolve));
    const client = openClient(new ListPicker([]));
    const { port } = peer.address() as { port: number };
    const options = { shortConnection: true };
    const frameLength = (bytes: Uint8Array, at: number, end: number): number => (bytes[at] === DOT ? 0 : end - at);
    const protocol = { ...bytesAsTheyAre, frameLength };
    expect(await client.exchange(direct(port), protocol, "hello", options)).toBe("hello");
    // Dots are the beginning of an answer that never ends: a socket that is half open would read it and wait, one that is gone takes no more.
    const isGone = (): boolean => {
      sockets[0]!.write(".");
      return sockets[0]!.destroyed;
    };
    await expect.poll(isGone, { interval: 5 }).toBe(true);
  });

  it("that the peer closed or half-closed while idle get no new call", async () => {
    const sockets: Socket[] = [];
    const { port } = await startServer(echo);
    const relay = await startRaw((socket) => {
      sockets.push(socket);
      pipeTo(socket, port);
    });
    const client = openClient(new ListPicker([]));
    await client.call(order, direct(relay.port), { text: "a" });
    sockets[0]!.end();
    await expect.poll(() => sockets[0]!.destroyed).toBe(true);
    expect(await client.call(order, direct(relay.port), { text: "b" })).toEqual({ text: "b" });
    expect(sockets).toHaveLength(2);
  });

  it("that die with the first byte of a call: repeated when that does no harm, an error otherwise", async () => {
    let accepted = 0;
    const { port } = await startServer(echo);
    const relay = await startRaw((socket) => {
      accepted++;
      if (accepted % 2 === 1) socket.once("data", () => socket.resetAndDestroy());
      else pipeTo(socket, port);
    });
    const client = openClient(new ListPicker([]));
    expect(await client.call(say, direct(relay.port), { text: "a" })).toEqual({ text: "a" });
    expect(accepted).toBe(2);
    const other = openClient(new ListPicker([]));
    await expect(other.call(order, direct(relay.port), { text: "b" })).rejects.toEqual(ofReason("NET_RESET"));
    expect(accepted).toBe(3);
  });

  it("are closed after the idle time of the client", async () => {
    const place = await startServer(echo);
    const client = openClient(new ListPicker([place]), { limits: { idleTimeoutMs: 300 } });
    await client.call(say, "Test.echo", { text: "" });
    expect(place.server.connections).toBe(1);
    await expect.poll(() => place.server.connections).toBe(0);
    expect(await client.call(say, "Test.echo", { text: "again" })).toEqual({ text: "again" });
  });

  it("are not dialled for each call while an address refuses, and a probe gets through", async () => {
    const { port } = await deadPlace();
    const client = openClient(new ListPicker([]));
    const errorOf = async (options = {}): Promise<{ details: { nextDialInMs?: number } }> =>
      client.call(say, direct(port), { text: "" }, options).then(
        () => ({ details: {} }),
        (error: unknown) => error as { details: { nextDialInMs?: number } },
      );
    for (let n = 0; n < 6; n++) await errorOf({ probe: true });
    const refused = await errorOf();
    expect(refused).toEqual(ofReason("NET_REFUSED"));
    expect(refused.details.nextDialInMs).toBeGreaterThan(0);
    const { server } = await startServer(echo);
    await server.listen({ host: "127.0.0.1", port });
    expect(await errorOf({ probe: true })).toEqual({ details: {} });
    expect(await client.call(say, direct(port), { text: "back" })).toEqual({ text: "back" });
  });

  it("that an address refuses hold back no datagrams to it", async () => {
    const peer = createSocket("udp4");
    onTestFinished(() => void peer.close());
    peer.on("message", (bytes, from) => peer.send(bytes, from.port, from.address));
    await new Promise<void>((resolve) => peer.bind(0, "127.0.0.1", resolve));
    const { port } = peer.address();
    const client = openClient(new ListPicker([]));
    for (let n = 0; n < 4; n++) {
      await expect(client.call(say, direct(port), { text: "" })).rejects.toEqual(ofReason("NET_REFUSED"));
    }
    expect(await client.exchange(`127.0.0.1:${port}@udp`, bytesAsTheyAre, "hello")).toBe("hello");
  });

  it("lead to IPv6 addresses in brackets", async () => {
    const { port } = await startServer(echo);
    const relay = createServer((socket) => pipeTo(socket, port));
    onTestFinished(() => void relay.close());
    await new Promise<void>((resolve) => relay.listen(0, "::1", resolve));
    const at = (relay.address() as { port: number }).port;
    const client = openClient(new ListPicker([]));
    const short = { shortConnection: true };
    expect(await client.call(say, `[::1]:${at}@tcp`, { text: "six" }, short)).toEqual({ text: "six" });
    for (const target of ["::1:80@tcp", "[::1]", "[::g]:80@tcp", "[127.0.0.1]:80@tcp"]) {
      await expect(client.call(say, target, { text: "" })).rejects.toEqual(ofReason("RPC_TARGET_INVALID"));
    }
  });
});

const DOT = 0x2e;

const bytesAsTheyAre: ExchangeProtocol<string, string> = {
  name: "bytes",
  encode: (_sequence, text, writer) => void writer.raw(Buffer.from(text)),
  frameLength: (_bytes, start, end) => end - start,
  decode: (bytes) => Buffer.from(bytes).toString(),
};

/** Passes bytes on, both ways, and the end of each way. */
function pipeTo(socket: Socket, port: number): void {
  const upstream = connect(port, "127.0.0.1");
  upstream.on("error", () => socket.destroy());
  socket.on("error", () => upstream.destroy());
  socket.on("close", () => upstream.destroy());
  socket.pipe(upstream);
  upstream.pipe(socket);
}
