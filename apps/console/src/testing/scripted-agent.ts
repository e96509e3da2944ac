/** An agent for tests: the real link over TLS with its own key; what it answers is scripted. It verifies every order. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { AppError, silentLogger } from "@msec/core";
import { dialLink, LinkPeer } from "@msec/link";
import {
  type AgentFacts,
  agentRequests,
  challengeText,
  consoleRequests,
  type Heartbeat,
  LINK_VERSION,
  type NamingApply,
  type Order,
  type OrderAction,
  type OrderResult,
  parseJoinToken,
  type RouteReading,
  type SignedOrder,
} from "@msec/protocol";

export type AgentPeer = LinkPeer<typeof consoleRequests, typeof agentRequests>;
type Outcome = Partial<Pick<OrderResult, "ok" | "text" | "reason" | "previousReleaseId">>;

export interface Identity {
  readonly agentId: string;
  readonly orderKey: KeyObject;
}

export class ScriptedAgent {
  readonly facts: AgentFacts;
  /** Orders in the order of arrival, all with a good signature. */
  readonly orders: Order[] = [];
  readonly pushes: NamingApply[] = [];
  /** What an order leads to; `undefined` = nothing is told. */
  onOrder: (action: OrderAction, order: Order) => Promise<Outcome | undefined> | Outcome | undefined = () => ({});
  /** Revision that is confirmed; may throw. */
  onNaming: (push: NamingApply) => number = (push) => push.revision;
  /** How it sees a service. */
  onRoutes: (service: string, picks: number) => RouteReading | null = () => null;
  /** Release that heartbeats tell, by service. */
  readonly running = new Map<string, string>();
  readonly #keys = generateKeyPairSync("ed25519");
  readonly #token: ReturnType<typeof parseJoinToken>;
  #identity: Identity | undefined;
  #peer: AgentPeer | undefined;

  constructor(joinToken: string, facts: Partial<AgentFacts> & Pick<AgentFacts, "address">) {
    this.#token = parseJoinToken(joinToken);
    this.facts = {
      name: `m-${facts.address}`,
      version: "0.1.0",
      platform: "test",
      linkVersion: LINK_VERSION,
      ...facts,
    };
  }

  get agentId(): string {
    return this.#known().agentId;
  }

  /** The authenticated connection. */
  get peer(): AgentPeer {
    if (!this.#peer) throw new Error("not connected");
    return this.#peer;
  }

  /** A connection that has said nothing yet. */
  async dial(): Promise<AgentPeer> {
    const { host, port, fingerprint } = this.#token;
    const socket = await dialLink({ host, port, fingerprint, timeoutMs: 5000 });
    return new LinkPeer(socket, {
      serves: consoleRequests,
      asks: agentRequests,
      logger: silentLogger,
      handlers: {
        order: (signed) => {
          void this.#carryOut(this.#verified(signed));
          return { result: {} };
        },
        "routes.read": ({ service, picks }) => ({ result: { routes: this.onRoutes(service, picks) } }),
        "naming.apply": (push) => {
          this.pushes.push(push);
          return { result: { revision: this.onNaming(push) } };
        },
      },
    });
  }

  async join(change: { tokenSecret?: string; publicKey?: string } = {}): Promise<Identity> {
    const peer = await this.dial();
    try {
      const { tokenId, tokenSecret } = this.#token;
      const publicKey = this.#keys.publicKey.export({ type: "spki", format: "der" }).toString("base64");
      const request = { tokenId, tokenSecret, publicKey, facts: this.facts, ...change };
      const { agentId, orderKey } = (await peer.request("join", request)).result;
      const der = Buffer.from(orderKey, "base64");
      this.#identity = { agentId, orderKey: createPublicKey({ key: der, format: "der", type: "spki" }) };
      return this.#identity;
    } finally {
      peer.close();
    }
  }

  /** Authenticates on a connection. */
  async prove(
    peer: AgentPeer,
    change: { agentId?: string; key?: KeyObject; nonce?: string; revision?: number; epoch?: string } = {},
  ) {
    const { agentId = this.agentId, key = this.#keys.privateKey, revision = 0, epoch = "" } = change;
    const nonce = change.nonce ?? (await peer.request("challenge", { agentId })).result.nonce;
    const text = challengeText(agentId, nonce, this.#token.fingerprint);
    const signature = sign(null, Buffer.from(text), key).toString("base64");
    const stand = { namingRevision: revision, namingEpoch: epoch };
    await peer.request("authenticate", { agentId, signature, facts: this.facts, ...stand });
  }

  /** Connects as the machine and tells a first heartbeat. */
  async connect(revision = 0, epoch = ""): Promise<this> {
    const peer = await this.dial();
    await this.prove(peer, { revision, epoch });
    this.#peer = peer;
    await this.beat();
    return this;
  }

  async joinAndConnect(): Promise<this> {
    await this.join();
    return this.connect();
  }

  async beat(change: Partial<Heartbeat> = {}): Promise<void> {
    const load = { cpuRatio: 0.25, memoryTotalBytes: 8, memoryFreeBytes: 4, loadAverage1m: 0.5, diskFreeBytes: 9 };
    const processes = [...this.running].map(([service, releaseId]) => runningProcess(service, releaseId));
    const told = { atMs: Date.now(), namingRevision: 0, load, processes, routes: [], spooledLogs: 0, droppedLogs: 0 };
    await this.peer.request("heartbeat", { ...told, ...change });
  }

  async tell(orderId: string, outcome: Outcome): Promise<void> {
    const told = { orderId, atMs: Date.now(), ok: true, text: "", reason: "", previousReleaseId: "", ...outcome };
    await this.peer.request("order.result", told);
  }

  step(orderId: string, step: string, text = ""): Promise<unknown> {
    return this.peer.request("order.progress", { orderId, atMs: Date.now(), step, text });
  }

  close(): void {
    this.#peer?.close();
    this.#peer = undefined;
  }

  async #carryOut(order: Order): Promise<void> {
    const outcome = await this.onOrder(order.action, order);
    if (outcome) await this.tell(order.orderId, outcome);
  }

  #verified({ payload, signature }: SignedOrder): Order {
    const { agentId, orderKey } = this.#known();
    const isSigned = verify(null, Buffer.from(payload), orderKey, Buffer.from(signature, "base64"));
    const order = JSON.parse(payload) as Order;
    const isMine = order.agentId === agentId && order.expiresAtMs > Date.now();
    if (!isSigned || !isMine || this.orders.some(({ orderId }) => orderId === order.orderId))
      throw new AppError({ code: "PERMISSION_DENIED", reason: "TEST_ORDER", message: "a bad order", details: {} });
    this.orders.push(order);
    return order;
  }

  #known(): Identity {
    if (!this.#identity) throw new Error("not joined");
    return this.#identity;
  }
}

function runningProcess(service: string, releaseId: string): Heartbeat["processes"][number] {
  return { service, state: "running", releaseId, pid: 7, workers: 2, restarts: 0, sinceAtMs: 1, text: "" };
}
