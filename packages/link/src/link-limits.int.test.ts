import { connect, createServer, type Socket } from "node:net";
import { silentLogger } from "@msec/core";
import { encodeLinkFrame } from "@msec/protocol";
import { Type } from "typebox";
import { afterEach, describe, expect, it } from "vitest";
import { type LinkHandlers, LinkPeer, type LinkPeerOptions } from "./index.js";

const Any = Type.Object({}, { additionalProperties: true });
const contract = { work: { request: Any, reply: Any } } as const;
type Contract = typeof contract;
type Peer = LinkPeer<Contract, Contract>;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

/** A peer over loopback TCP and the bare socket on its other end. */
async function peerAndSocket(
  handlers: LinkHandlers<Contract>,
  options: Partial<LinkPeerOptions<Contract, Contract>> = {},
): Promise<{ peer: Peer; socket: Socket; closedWhy: () => string | undefined }> {
  let why: string | undefined;
  const arrived = new Promise<Socket>((resolve) => {
    const server = createServer(resolve).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      closers.push(() => socket.destroy());
      other = socket;
    });
    closers.push(() => server.close());
  });
  let other: Socket | undefined;
  const peer: Peer = new LinkPeer(await arrived, {
    serves: contract,
    asks: contract,
    handlers,
    logger: silentLogger,
    onClose: (reason) => {
      why = reason;
    },
    ...options,
  });
  closers.push(() => peer.close());
  return { peer, socket: other as Socket, closedWhy: () => why };
}

async function twoPeers(handlers: LinkHandlers<Contract>, options = {}) {
  const { peer, socket, closedWhy } = await peerAndSocket(handlers, options);
  const asker: Peer = new LinkPeer(socket, { serves: contract, asks: contract, handlers: {}, logger: silentLogger });
  closers.push(() => asker.close());
  return { peer, asker, closedWhy };
}

const request = (id: number) => encodeLinkFrame({ kind: "request", id, method: "work", params: {} });

describe("a link", () => {
  it("is closed when the other side asks but does not read", async () => {
    const payload = new Uint8Array(1 << 20);
    const { socket, closedWhy } = await peerAndSocket(
      { work: () => ({ result: {}, payload }) },
      { maxUnsentBytes: 8 << 20 },
    );
    socket.pause();
    for (let id = 0; id < 200; id++) socket.write(request(id));
    await expect.poll(closedWhy).toMatch(/^the other side reads too slowly: \d+ B wait .* the limit is 8388608 B$/);
  });

  it("rejects what waits when its own requests are not read", async () => {
    const { peer, socket } = await peerAndSocket({}, { maxUnsentBytes: 4 << 20 });
    socket.pause();
    const asked = Array.from({ length: 60 }, () => peer.request("work", {}, { payload: new Uint8Array(1 << 20) }));
    const reasons = await Promise.all(
      asked.map((each) => each.then(String, (error: { reason: string }) => error.reason)),
    );
    expect(new Set(reasons)).toEqual(new Set(["NET_LINK_CLOSED"]));
  });

  it("refuses requests above the limit while the others go on", async () => {
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const work = async () => {
      await gate;
      return { result: {} };
    };
    const { asker } = await twoPeers({ work }, { maxInFlight: 3 });
    const asked = Array.from({ length: 5 }, () => asker.request("work", {}));
    const refused = await Promise.allSettled(asked.slice(3));
    expect(refused).toMatchObject([
      { reason: { reason: "NET_LINK_BUSY", details: { limit: 3 } } },
      { reason: { reason: "NET_LINK_BUSY" } },
    ]);
    go();
    expect(await Promise.all(asked.slice(0, 3))).toHaveLength(3);
    expect((await asker.request("work", {})).result).toEqual({});
  });

  it("does not ask more than its own limit", async () => {
    const { peer } = await peerAndSocket({}, { maxInFlight: 2 });
    const asked = [peer.request("work", {}), peer.request("work", {})];
    await expect(peer.request("work", {})).rejects.toMatchObject({ reason: "NET_LINK_BUSY" });
    peer.close("enough");
    for (const each of asked) await expect(each).rejects.toMatchObject({ details: { why: "enough" } });
  });

  it("gives up on an answer in time and ignores it when it comes late", async () => {
    const { peer, socket } = await peerAndSocket({});
    await expect(peer.request("work", {}, { timeoutMs: 20 })).rejects.toMatchObject({
      reason: "NET_LINK_TIMEOUT",
      details: { method: "work", timeoutMs: 20 },
    });
    const next = peer.request("work", {});
    socket.write(encodeLinkFrame({ kind: "reply", id: 1, result: { late: true } }));
    socket.write(encodeLinkFrame({ kind: "reply", id: 2, result: { late: false } }));
    expect((await next).result).toEqual({ late: false });
  });

  it("checks replies against their schema", async () => {
    const { peer, socket } = await peerAndSocket({});
    const asked = peer.request("work", {});
    socket.write(encodeLinkFrame({ kind: "reply", id: 1, result: 7 }));
    await expect(asked).rejects.toMatchObject({ reason: "PROTO_LINK_PARAMS_INVALID" });
  });

  it("answers when what a handler threw is no JSON, or a reply is too large", async () => {
    let reply: () => { result: object; payload?: Uint8Array } = () => ({
      result: {},
      payload: new Uint8Array(5 << 20),
    });
    const { asker } = await twoPeers({ work: () => reply() });
    await expect(asker.request("work", {})).rejects.toMatchObject({ reason: "PROTO_LINK_FRAME_TOO_LARGE" });
    const loop: Record<string, unknown> = {};
    loop.loop = loop;
    reply = () => ({ result: loop });
    await expect(asker.request("work", {})).rejects.toMatchObject({ reason: "INTERNAL" });
    const { AppError } = await import("@msec/core");
    reply = () => {
      throw new AppError({ code: "ABORTED", reason: "TEST_LOOP", message: "loop", details: loop });
    };
    await expect(asker.request("work", {})).rejects.toMatchObject({ reason: "TEST_LOOP", details: {} });
  });

  it.each([
    ["is no frame", new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0]), "its lengths disagree"],
    ["is larger than allowed", new Uint8Array([0, 0, 8, 0, 0, 0, 0, 2]), "exceeds the limit of 1000 B"],
    ["is HTTP", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"), "exceeds the limit"],
  ])("is closed by what %s", async (_, bytes, why) => {
    const { socket, peer, closedWhy } = await peerAndSocket({}, { maxFrameBytes: 1000 });
    socket.write(bytes);
    await expect.poll(closedWhy).toContain(why);
    expect(peer.isClosed).toBe(true);
  });

  it("takes larger frames once they are allowed", async () => {
    const { peer, asker } = await twoPeers(
      { work: (_, payload) => ({ result: { got: payload.length } }) },
      { maxFrameBytes: 1000 },
    );
    peer.allowFrames(1 << 20);
    expect((await asker.request("work", {}, { payload: new Uint8Array(100_000) })).result).toEqual({ got: 100_000 });
  });
});
