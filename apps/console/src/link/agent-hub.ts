/**
 * All connected agents. A connection may only join, or prove its identity; then it is the machine's one connection, and an
 * older one of the same agent is closed.
 */
import { createPublicKey, randomBytes, verify } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { Clock, Logger } from "@msec/core";
import { type LinkHandlers, LinkPeer } from "@msec/link";
import {
  type AgentFacts,
  agentRequests,
  challengeText,
  consoleRequests,
  type Heartbeat,
  LINK_VERSION,
  type LogEvent,
  type MetricPoint,
  type OrderProgress,
  type OrderResult,
} from "@msec/protocol";
import type { Static } from "typebox";
import {
  AgentAway,
  AgentNotAuthenticated,
  AgentSignatureInvalid,
  AgentUnknown,
  LinkVersionMismatch,
} from "./errors.js";

type ConsolePeer = LinkPeer<typeof agentRequests, typeof consoleRequests>;
type Asks = typeof consoleRequests;

/** What the hub needs of the rest of the console. */
export interface HubServices {
  /** Consumes a join token. @throws when it is wrong, used or expired */
  join(token: { tokenId: string; tokenSecret: string }, publicKey: string, facts: AgentFacts): Promise<string>;
  /** Public key of a known agent, SPKI DER in base64. */
  publicKeyOf(agentId: string): Promise<string | undefined>;
  onConnected(agentId: string, facts: AgentFacts, namingRevision: number): Promise<void>;
  onDisconnected(agentId: string): void;
  onHeartbeat(agentId: string, beat: Heartbeat): Promise<void>;
  onMetrics(agentId: string, batchId: number, points: readonly MetricPoint[]): Promise<void>;
  onLogs(agentId: string, batchId: number, events: readonly LogEvent[]): Promise<void>;
  readBlob(sha256: string, offset: number, maxBytes: number): Promise<{ bytes: Uint8Array; sizeBytes: number }>;
  onOrderProgress(agentId: string, progress: OrderProgress): Promise<void>;
  onOrderResult(agentId: string, result: OrderResult): Promise<void>;
}

export interface HubOptions {
  readonly fingerprint: string;
  readonly orderPublicKey: string;
  /** Asked when the first agent connects: the services need the hub as well. */
  readonly services: () => HubServices;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Time that a new connection has to join or authenticate. */
const AUTHENTICATE_TIMEOUT_MS = 10_000;

export class AgentHub {
  readonly #options: HubOptions;
  readonly #online = new Map<string, ConsolePeer>();
  readonly #all = new Set<ConsolePeer>();

  constructor(options: HubOptions) {
    this.#options = options;
  }

  isOnline(agentId: string): boolean {
    return this.#online.has(agentId);
  }

  onlineAgentIds(): readonly string[] {
    return [...this.#online.keys()];
  }

  /** Asks an agent. `machine` is the name for the error text. @throws {AgentAway} or what the agent answered */
  async request<M extends keyof Asks & string>(
    agentId: string,
    method: M,
    params: Static<Asks[M]["request"]>,
    options: { readonly timeoutMs?: number; readonly machine?: string } = {},
  ): Promise<Static<Asks[M]["reply"]>> {
    const peer = this.#online.get(agentId);
    if (!peer) throw new AgentAway({ machine: options.machine ?? agentId });
    const { timeoutMs = 10_000 } = options;
    return (await peer.request(method, params, { timeoutMs })).result;
  }

  /** Ends the connection of an agent, e.g. because its machine was removed. */
  disconnect(agentId: string, why: string): void {
    this.#online.get(agentId)?.close(why);
  }

  /** Takes a new TLS connection. */
  accept(socket: TLSSocket): void {
    new AgentConnection(socket, this.#options, {
      opened: (peer) => this.#all.add(peer),
      authenticated: (agentId, peer) => {
        const older = this.#online.get(agentId);
        this.#online.set(agentId, peer);
        if (older !== peer) older?.close("the agent opened a newer connection");
      },
      closed: (agentId, peer) => {
        this.#all.delete(peer);
        if (agentId === undefined || this.#online.get(agentId) !== peer) return;
        this.#online.delete(agentId);
        this.#options.services().onDisconnected(agentId);
      },
    });
  }

  close(): void {
    for (const peer of [...this.#all]) peer.close("the console stops");
  }
}

interface ConnectionEvents {
  opened(peer: ConsolePeer): void;
  authenticated(agentId: string, peer: ConsolePeer): void;
  closed(agentId: string | undefined, peer: ConsolePeer): void;
}

/** One connection: anonymous, then that of one agent. */
class AgentConnection {
  readonly #options: HubOptions;
  readonly #events: ConnectionEvents;
  readonly #peer: ConsolePeer;
  readonly #nonce = randomBytes(32).toString("base64");
  readonly #timer: NodeJS.Timeout;
  #agentId: string | undefined;

  constructor(socket: TLSSocket, options: HubOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#peer = new LinkPeer(socket, {
      serves: agentRequests,
      asks: consoleRequests,
      logger: options.logger,
      handlers: this.#handlers(),
      onClose: () => {
        clearTimeout(this.#timer);
        events.closed(this.#agentId, this.#peer);
      },
    });
    this.#timer = setTimeout(() => {
      if (this.#agentId === undefined) this.#peer.close("did not authenticate in time");
    }, AUTHENTICATE_TIMEOUT_MS);
    events.opened(this.#peer);
  }

  #handlers(): LinkHandlers<typeof agentRequests> {
    const services = this.#options.services();
    return {
      join: async ({ tokenId, tokenSecret, publicKey, facts }) => {
        checkVersion(facts);
        const agentId = await services.join({ tokenId, tokenSecret }, publicKey, facts);
        return { result: { agentId, orderKey: this.#options.orderPublicKey } };
      },
      challenge: () => ({ result: { nonce: this.#nonce } }),
      authenticate: async ({ agentId, signature, facts, namingRevision }) => {
        checkVersion(facts);
        await this.#authenticate(agentId, signature);
        await services.onConnected(agentId, facts, namingRevision);
        return { result: { consoleTimeMs: this.#options.clock.nowMs() } };
      },
      heartbeat: async (beat) => {
        await services.onHeartbeat(this.#who("heartbeat"), beat);
        return { result: {} };
      },
      metrics: async ({ batchId, points }) => {
        await services.onMetrics(this.#who("metrics"), batchId, points);
        return { result: {} };
      },
      logs: async ({ batchId, events }) => {
        await services.onLogs(this.#who("logs"), batchId, events);
        return { result: {} };
      },
      "blob.read": async ({ sha256, offset, maxBytes }) => {
        this.#who("blob.read");
        const { bytes, sizeBytes } = await services.readBlob(sha256, offset, maxBytes);
        return { result: { sizeBytes }, payload: bytes };
      },
      "order.progress": async (progress) => {
        await services.onOrderProgress(this.#who("order.progress"), progress);
        return { result: {} };
      },
      "order.result": async (result) => {
        await services.onOrderResult(this.#who("order.result"), result);
        return { result: {} };
      },
    };
  }

  async #authenticate(agentId: string, signature: string): Promise<void> {
    const publicKey = await this.#options.services().publicKeyOf(agentId);
    if (publicKey === undefined) throw new AgentUnknown({ agentId });
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
    const text = challengeText(agentId, this.#nonce, this.#options.fingerprint);
    if (!verify(null, Buffer.from(text), key, Buffer.from(signature, "base64")))
      throw new AgentSignatureInvalid({ agentId });
    this.#agentId = agentId;
    clearTimeout(this.#timer);
    this.#events.authenticated(agentId, this.#peer);
  }

  #who(method: string): string {
    if (this.#agentId === undefined) throw new AgentNotAuthenticated({ method });
    return this.#agentId;
  }
}

function checkVersion(facts: AgentFacts): void {
  if (facts.linkVersion !== LINK_VERSION)
    throw new LinkVersionMismatch({ agent: facts.linkVersion, console: LINK_VERSION });
}
