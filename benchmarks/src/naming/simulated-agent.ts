/**
 * An agent as far as the link goes: its own TLS connection and key, join, challenge, heartbeats. A push of names is counted, timed and
 * confirmed from the beginning of its frame; it is not parsed and no table is written, so that a thousand fit beside the console.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { dialLink } from "@msec/link";
import {
  challengeText,
  decodeLinkFrame,
  encodeLinkFrame,
  LINK_VERSION,
  linkFrameSize,
  parseJoinToken,
} from "@msec/protocol";
import { machineNowMs } from "./process-use.js";

export interface Position {
  readonly epoch: string;
  readonly revision: number;
}

export interface Push {
  readonly kind: string;
  readonly revision: number;
  readonly isLast: boolean;
  readonly bytes: number;
  readonly atMs: number;
}

const HEAD_BYTES = 600;
const LOAD = { cpuRatio: 0, memoryTotalBytes: 1, memoryFreeBytes: 1, loadAverage1m: 0, diskFreeBytes: 1 };

export class SimulatedAgent {
  readonly #token: ReturnType<typeof parseJoinToken>;
  readonly #facts: object;
  readonly #onPush: (push: Push) => void;
  readonly #key: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } = generateKeyPairSync("ed25519");
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #socket: TLSSocket | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #agentId = "";
  #nextId = 1;
  position: Position = { epoch: "", revision: 0 };

  constructor(token: string, address: string, onPush: (push: Push) => void) {
    this.#token = parseJoinToken(token);
    this.#facts = { name: `m-${address}`, address, version: "0.1.0", platform: "simulated", linkVersion: LINK_VERSION };
    this.#onPush = onPush;
  }

  async join(): Promise<void> {
    await this.#dial();
    const { tokenId, tokenSecret } = this.#token;
    const publicKey = this.#key.publicKey.export({ type: "spki", format: "der" }).toString("base64");
    const reply = await this.#ask("join", { tokenId, tokenSecret, publicKey, facts: this.#facts });
    this.#agentId = (reply as { agentId: string }).agentId;
    this.close();
  }

  /** Connects as the machine, telling where it stands. */
  async connect(): Promise<void> {
    await this.#dial();
    const agentId = this.#agentId;
    const { nonce } = (await this.#ask("challenge", { agentId })) as { nonce: string };
    const text = challengeText(agentId, nonce, this.#token.fingerprint);
    const signature = sign(null, Buffer.from(text), this.#key.privateKey).toString("base64");
    const { epoch: namingEpoch, revision: namingRevision } = this.position;
    await this.#ask("authenticate", { agentId, signature, facts: this.#facts, namingRevision, namingEpoch });
  }

  async beat(): Promise<void> {
    const { revision: namingRevision } = this.position;
    const own = {
      atMs: Date.now(),
      namingRevision,
      load: LOAD,
      processes: [],
      routes: [],
      spooledLogs: 0,
      droppedLogs: 0,
    };
    await this.#ask("heartbeat", own);
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    for (const { reject } of this.#waiting.values()) reject(new Error("closed"));
    this.#waiting.clear();
    this.#chunks = [];
    this.#bytes = 0;
  }

  async #dial(): Promise<void> {
    const { host, port, fingerprint } = this.#token;
    const socket = await dialLink({ host, port, fingerprint, timeoutMs: 60_000 });
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("error", () => undefined);
  }

  #ask(method: string, params: object): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket?.write(encodeLinkFrame({ kind: "request", id, method, params }));
    });
  }

  #onData(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (;;) {
      const first = this.#chunks[0];
      if (first === undefined) return;
      const head = first.length >= 8 || this.#chunks.length === 1 ? first : this.#whole();
      const size = linkFrameSize(head, 0);
      if (size === undefined || this.#bytes < size) return;
      const whole = this.#whole();
      this.#chunks = whole.length > size ? [whole.subarray(size)] : [];
      this.#bytes -= size;
      this.#onFrame(whole.subarray(0, size));
    }
  }

  #whole(): Buffer {
    const whole = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    return whole;
  }

  #onFrame(frame: Buffer): void {
    const head = frame.toString("latin1", 8, HEAD_BYTES);
    const request = /^\{"kind":"request","id":(\d+),"method":"([a-z.]+)"/.exec(head);
    if (request?.[2] === "naming.apply") this.#onNames(Number(request[1]), head, frame.length);
    else if (request) this.#socket?.write(encodeLinkFrame({ kind: "reply", id: Number(request[1]), result: {} }));
    else this.#onReply(frame);
  }

  #onReply(frame: Buffer): void {
    const header = decodeLinkFrame(frame, 0, frame.length)?.frame.header;
    const waiting = header && this.#waiting.get(header.id);
    if (!header || !waiting) return;
    this.#waiting.delete(header.id);
    if (header.kind === "reply") waiting.resolve(header.result);
    else waiting.reject(new Error(JSON.stringify(header)));
  }

  #onNames(id: number, head: string, bytes: number): void {
    const [, kind = "", revision = "0"] =
      /"kind":"(snapshot|delta)","baseRevision":\d+,"revision":(\d+)/.exec(head) ?? [];
    const [, part = "0", parts = "1"] = /"part":(\d+),"parts":(\d+)/.exec(head) ?? [];
    const epoch = /"epoch":"([^"]*)"/.exec(head)?.[1] ?? "";
    const isLast = Number(part) + 1 === Number(parts);
    if (isLast) this.position = { epoch, revision: Number(revision) };
    this.#onPush({ kind, revision: Number(revision), isLast, bytes, atMs: machineNowMs() });
    this.#socket?.write(encodeLinkFrame({ kind: "reply", id, result: { revision: this.position.revision } }));
  }
}
