import { randomUUID, X509Certificate } from "node:crypto";
import { silentLogger } from "@msec/core";
import { agentRequests, consoleRequests } from "@msec/protocol";
import { generate } from "selfsigned";
import { afterEach, describe, expect, it } from "vitest";
import { dialLink, type LinkListener, LinkPeer, listenLink } from "./index.js";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function certificate() {
  const pems = await generate([{ name: "commonName", value: "msec test" }], { keyType: "ec", algorithm: "sha256" });
  return { cert: pems.cert, key: pems.private, fingerprint: new X509Certificate(pems.cert).fingerprint256 };
}

type ConsoleSide = LinkPeer<typeof agentRequests, typeof consoleRequests>;

async function pair() {
  const tls = await certificate();
  const consoleSide = deferred<ConsoleSide>();
  const listener: LinkListener = await listenLink({
    host: "127.0.0.1",
    port: 0,
    key: tls.key,
    cert: tls.cert,
    maxConnections: 10,
    onConnection: (socket) => {
      const peer: ConsoleSide = new LinkPeer(socket, {
        serves: agentRequests,
        asks: consoleRequests,
        logger: silentLogger,
        handlers: {
          challenge: ({ agentId }) => ({ result: { nonce: Buffer.from(agentId).toString("base64") } }),
          "blob.read": ({ maxBytes }) => ({
            result: { sizeBytes: maxBytes },
            payload: new Uint8Array(maxBytes).fill(7),
          }),
          heartbeat: () => {
            throw new Error("boom");
          },
        },
      });
      closers.push(() => peer.close());
      consoleSide.resolve(peer);
    },
  });
  closers.push(() => listener.close());
  const socket = await dialLink({
    host: "127.0.0.1",
    port: listener.port,
    fingerprint: tls.fingerprint,
    timeoutMs: 5000,
  });
  const agent = new LinkPeer(socket, {
    serves: consoleRequests,
    asks: agentRequests,
    logger: silentLogger,
    handlers: { "naming.apply": ({ revision }) => ({ result: { revision } }) },
  });
  closers.push(() => agent.close());
  return { tls, listener, agent, consoleSide: await consoleSide.promise };
}

function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((r) => {
    resolve = r;
  });
  return { promise, resolve };
}

describe("LinkPeer", () => {
  it("carries requests both ways, many at a time, with payloads", async () => {
    const { agent, consoleSide } = await pair();
    const asked = await Promise.all(["a", "b", "c"].map((agentId) => agent.request("challenge", { agentId })));
    expect(asked.map((a) => Buffer.from(a.result.nonce, "base64").toString())).toEqual(["a", "b", "c"]);
    const blob = await agent.request("blob.read", { sha256: "0".repeat(64), offset: 0, maxBytes: 1 << 20 });
    expect(blob.payload.length).toBe(1 << 20);
    expect(blob.payload.every((byte) => byte === 7)).toBe(true);
    const applied = await consoleSide.request("naming.apply", {
      kind: "snapshot",
      baseRevision: 0,
      revision: 9,
      services: [],
      removed: [],
      confirmedEmpty: true,
    });
    expect(applied.result.revision).toBe(9);
    const shared = Buffer.from('"baseRevision":0,"services":[],"removed":[],"confirmedEmpty":true}');
    const params = [Buffer.from('{"kind":"snapshot","revision":10,'), shared];
    expect((await consoleSide.requestEncoded("naming.apply", params)).result).toEqual({ revision: 10 });
    const bad = consoleSide.requestEncoded("naming.apply", [Buffer.from("{}")]);
    await expect(bad).rejects.toMatchObject({ reason: "PROTO_LINK_PARAMS_INVALID" });
  });

  it("refuses parameters that do not fit the schema, unknown methods and hides what a handler threw", async () => {
    const { agent, consoleSide } = await pair();
    await expect(agent.request("blob.read", { sha256: "x", offset: 0, maxBytes: 1 })).rejects.toMatchObject({
      reason: "PROTO_LINK_PARAMS_INVALID",
    });
    await expect(consoleSide.request("order", { payload: "{}", signature: "" })).rejects.toMatchObject({
      reason: "PROTO_LINK_METHOD_UNKNOWN",
    });
    const load = { cpuRatio: 0, memoryTotalBytes: 0, memoryFreeBytes: 0, loadAverage1m: 0, diskFreeBytes: 0 };
    const beat = { atMs: 0, namingRevision: 0, load, processes: [], routes: [], spooledLogs: 0, droppedLogs: 0 };
    await expect(agent.request("heartbeat", beat)).rejects.toMatchObject({ reason: "INTERNAL", code: "INTERNAL" });
  });

  it("rejects what waits when the other side goes away, and every later request", async () => {
    const { agent, consoleSide } = await pair();
    const waiting = agent.request("join", {
      tokenId: randomUUID(),
      tokenSecret: "s",
      publicKey: "",
      facts: { name: "n", address: "127.0.0.1", version: "0", platform: "p", linkVersion: 1 },
    });
    consoleSide.close();
    await expect(waiting).rejects.toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|UNIMPLEMENTED/) });
    await expect.poll(() => agent.isClosed).toBe(true);
    await expect(agent.request("challenge", { agentId: "a" })).rejects.toMatchObject({ reason: "NET_LINK_CLOSED" });
  });

  it("does not talk to a console with another certificate", async () => {
    const { listener } = await pair();
    const other = await certificate();
    await expect(
      dialLink({ host: "127.0.0.1", port: listener.port, fingerprint: other.fingerprint, timeoutMs: 5000 }),
    ).rejects.toMatchObject({ reason: "NET_LINK_CERTIFICATE_MISMATCH" });
  });
});
