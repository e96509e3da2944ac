/**
 * A console for tests: the real link over real TLS with one machine's worth of state. It answers what an agent asks, signs
 * orders, and can be taken away and brought back on the same port.
 */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
  X509Certificate,
} from "node:crypto";
import { AppError, silentLogger } from "@msec/core";
import { type LinkListener, LinkPeer, listenLink } from "@msec/link";
import {
  agentRequests,
  challengeText,
  consoleRequests,
  formatJoinToken,
  type Heartbeat,
  type LogEvent,
  type MetricPoint,
  type NamingApply,
  type Order,
  type OrderAction,
  type OrderProgress,
  type OrderResult,
  type RoutesReadReply,
  type SignedOrder,
} from "@msec/protocol";
import { freePort } from "@msec/testkit";
import { generate } from "selfsigned";

type ConsolePeer = LinkPeer<typeof agentRequests, typeof consoleRequests>;

interface Tls {
  readonly cert: string;
  readonly key: string;
  readonly fingerprint: string;
}

function refuse(code: AppError["code"], reason: string, message: string): AppError {
  return new AppError({ code, reason, message, details: {} });
}

export class TestConsole {
  readonly #tls: Tls;
  readonly #orderKey: KeyObject;
  readonly #tokens = new Map<string, string>();
  readonly #agents = new Map<string, KeyObject>();
  readonly #blobs = new Map<string, Uint8Array>();
  #listener: LinkListener | undefined;
  #port = 0;
  #peer: ConsolePeer | undefined;
  #peers = new Set<ConsolePeer>();
  joins = 0;
  timeOffsetMs = 0;
  heartbeats: Heartbeat[] = [];
  metrics: { batchId: number; points: MetricPoint[] }[] = [];
  logBatches: { batchId: number; events: LogEvent[] }[] = [];
  progress: OrderProgress[] = [];
  results: OrderResult[] = [];
  namingRevisions: number[] = [];
  /** Changes bytes on their way to the agent. */
  corrupt: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  /** Called for each batch of logs before it is noted; may throw. */
  onLogs: () => void = () => undefined;

  private constructor(tls: Tls) {
    this.#tls = tls;
    this.#orderKey = generateKeyPairSync("ed25519").privateKey;
  }

  static async start(): Promise<TestConsole> {
    const pems = await generate([{ name: "commonName", value: "msec test" }], { keyType: "ec", algorithm: "sha256" });
    const { fingerprint256: fingerprint } = new X509Certificate(pems.cert);
    const made = new TestConsole({ cert: pems.cert, key: pems.private, fingerprint });
    made.#port = await freePort();
    await made.comeBack();
    return made;
  }

  get port(): number {
    return this.#port;
  }

  get isConnected(): boolean {
    return this.#peer !== undefined && !this.#peer.isClosed;
  }

  get agentIds(): string[] {
    return [...this.#agents.keys()];
  }

  async comeBack(): Promise<void> {
    this.#listener = await listenLink({
      host: "127.0.0.1",
      port: this.#port,
      key: this.#tls.key,
      cert: this.#tls.cert,
      maxConnections: 10,
      onConnection: (socket) => this.#serve(socket),
    });
  }

  async goAway(): Promise<void> {
    for (const peer of this.#peers) peer.close("console stops");
    this.#peers.clear();
    this.#peer = undefined;
    await this.#listener?.close();
    this.#listener = undefined;
  }

  makeToken(change: { fingerprint?: string; tokenSecret?: string } = {}): string {
    const tokenId = randomBytes(8).toString("hex");
    const tokenSecret = randomBytes(16).toString("hex");
    this.#tokens.set(tokenId, tokenSecret);
    const { fingerprint } = this.#tls;
    return formatJoinToken({ host: "127.0.0.1", port: this.#port, fingerprint, tokenId, tokenSecret, ...change });
  }

  addBlob(bytes: Uint8Array, tag: string): { sha256: string; sizeBytes: number; tag: string } {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    this.#blobs.set(sha256, bytes);
    return { sha256, sizeBytes: bytes.length, tag };
  }

  sign(payload: string, key = this.#orderKey): SignedOrder {
    return { payload, signature: sign(null, Buffer.from(payload), key).toString("base64") };
  }

  makeOrder(action: OrderAction, change: Partial<Order> = {}): Order {
    const issuedAtMs = Date.now() + this.timeOffsetMs;
    const agentId = this.agentIds.at(-1) ?? "";
    const orderId = randomBytes(8).toString("hex");
    return { orderId, agentId, issuedAtMs, expiresAtMs: issuedAtMs + 60_000, action, ...change };
  }

  async give(signed: SignedOrder): Promise<void> {
    await this.#connected().request("order", signed);
  }

  /** Gives an order and waits for its result. */
  async carryOut(action: OrderAction, timeoutMs = 20_000): Promise<OrderResult> {
    const order = this.makeOrder(action);
    await this.give(this.sign(JSON.stringify(order)));
    return this.resultOf(order.orderId, timeoutMs);
  }

  async resultOf(orderId: string, timeoutMs = 20_000): Promise<OrderResult> {
    const untilMs = Date.now() + timeoutMs;
    for (;;) {
      const result = this.results.find((each) => each.orderId === orderId);
      if (result) return result;
      if (Date.now() > untilMs) throw new Error(`no result of ${orderId}; steps: ${JSON.stringify(this.progress)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async readRoutes(service: string, picks: number): Promise<RoutesReadReply> {
    return (await this.#connected().request("routes.read", { service, picks, key: "" })).result;
  }

  async applyNames(push: Partial<NamingApply> & { revision: number }): Promise<number> {
    const full = { kind: "snapshot", baseRevision: 0, services: [], removed: [], confirmedEmpty: false, ...push };
    return (await this.#connected().request("naming.apply", full as NamingApply)).result.revision;
  }

  #connected(): ConsolePeer {
    if (!this.#peer) throw new Error("no agent is connected");
    return this.#peer;
  }

  #serve(socket: ConstructorParameters<typeof LinkPeer>[0]): void {
    let nonce = "";
    const peer: ConsolePeer = new LinkPeer(socket, {
      serves: agentRequests,
      asks: consoleRequests,
      logger: silentLogger,
      handlers: {
        join: ({ tokenId, tokenSecret, publicKey }) => ({ result: this.#join(tokenId, tokenSecret, publicKey) }),
        challenge: () => {
          nonce = randomBytes(32).toString("base64");
          return { result: { nonce } };
        },
        authenticate: ({ agentId, signature, namingRevision }) => {
          this.#authenticate(agentId, nonce, signature);
          this.namingRevisions.push(namingRevision);
          this.#peer = peer;
          return { result: { consoleTimeMs: Date.now() + this.timeOffsetMs } };
        },
        heartbeat: (beat) => this.#note(peer, () => this.heartbeats.push(beat)),
        metrics: (batch) => this.#note(peer, () => this.metrics.push(batch)),
        logs: (batch) =>
          this.#note(peer, () => {
            this.onLogs();
            this.logBatches.push(batch);
          }),
        "order.progress": (step) => this.#note(peer, () => this.progress.push(step)),
        "order.result": (result) => this.#note(peer, () => this.results.push(result)),
        "blob.read": ({ sha256, offset, maxBytes }) => {
          const bytes = this.#blobs.get(sha256);
          if (!bytes) throw refuse("NOT_FOUND", "TEST_NO_BLOB", "no such blob");
          const payload = this.corrupt(bytes.slice(offset, offset + maxBytes));
          return { result: { sizeBytes: bytes.length }, payload };
        },
      },
      onClose: () => this.#peers.delete(peer),
    });
    this.#peers.add(peer);
  }

  #note(peer: ConsolePeer, note: () => void): { result: Record<string, never> } {
    if (peer !== this.#peer) throw refuse("UNAUTHENTICATED", "TEST_NOT_AUTHENTICATED", "authenticate first");
    note();
    return { result: {} };
  }

  #join(tokenId: string, tokenSecret: string, publicKey: string): { agentId: string; orderKey: string } {
    const secret = this.#tokens.get(tokenId);
    if (secret !== tokenSecret)
      throw refuse("PERMISSION_DENIED", "TEST_TOKEN", "the token is unknown, used or expired");
    this.#tokens.delete(tokenId);
    this.joins += 1;
    const agentId = `agent-${this.joins}`;
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
    this.#agents.set(agentId, key);
    const orderKey = createPublicKey(this.#orderKey).export({ format: "der", type: "spki" }).toString("base64");
    return { agentId, orderKey };
  }

  #authenticate(agentId: string, nonce: string, signature: string): void {
    const key = this.#agents.get(agentId);
    const text = Buffer.from(challengeText(agentId, nonce, this.#tls.fingerprint));
    if (!key || !verify(null, text, key, Buffer.from(signature, "base64")))
      throw refuse("UNAUTHENTICATED", "TEST_SIGNATURE", "the signature is not the agent's");
  }
}
