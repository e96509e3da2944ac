/**
 * One connection of an agent: anonymous, then proving who it is, then that of one agent for the rest of its life. Until the
 * proof it may say only `join`, `challenge` and `authenticate`, in small frames and within 10 s.
 */
import { randomBytes, verify } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { type LinkHandlers, LinkPeer } from "@msec/link";
import {
  type AgentFacts,
  agentRequests,
  challengeText,
  consoleRequests,
  LINK_VERSION,
  MAX_LINK_FRAME_BYTES,
} from "@msec/protocol";
import type { Static } from "typebox";
import { readAgentKey } from "../machines/machine-rules.js";
import {
  AgentAlreadyAuthenticated,
  AgentNotAuthenticated,
  AgentSignatureInvalid,
  AgentUnknown,
  LinkVersionMismatch,
} from "./errors.js";
import type { HubOptions } from "./hub-contract.js";

type Proof = Static<(typeof agentRequests)["authenticate"]["request"]>;
export type ConsolePeer = LinkPeer<typeof agentRequests, typeof consoleRequests>;

/** Time that a new connection has to join or authenticate. */
const AUTHENTICATE_TIMEOUT_MS = 10_000;
/** Largest frame of a peer of whom nothing is known. */
const ANONYMOUS_FRAME_BYTES = 16 * 1024;

export interface ConnectionEvents {
  /** Its identity is proved and its facts are stored. */
  onAuthenticated(agentId: string): void;
  onClose(): void;
}

type State =
  | { readonly kind: "anonymous"; readonly nonce: string | undefined }
  | { readonly kind: "proving"; readonly agentId: string }
  | { readonly kind: "agent"; readonly agentId: string };

export class AgentConnection {
  readonly peer: ConsolePeer;
  readonly #options: HubOptions;
  readonly #events: ConnectionEvents;
  readonly #timer: NodeJS.Timeout;
  #state: State = { kind: "anonymous", nonce: undefined };

  constructor(socket: TLSSocket, options: HubOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.peer = new LinkPeer(socket, {
      serves: agentRequests,
      asks: consoleRequests,
      logger: options.logger,
      handlers: { ...this.#entrance(), ...this.#inside() },
      maxFrameBytes: ANONYMOUS_FRAME_BYTES,
      onClose: () => {
        clearTimeout(this.#timer);
        events.onClose();
      },
    });
    this.#timer = setTimeout(() => this.peer.close("did not authenticate in time"), AUTHENTICATE_TIMEOUT_MS);
  }

  /** Whose connection it is or says to be. */
  get agentId(): string | undefined {
    return this.#state.kind === "anonymous" ? undefined : this.#state.agentId;
  }

  /** What anybody may ask. */
  #entrance(): LinkHandlers<typeof agentRequests> {
    return {
      join: async ({ tokenId, tokenSecret, publicKey, facts }) => {
        this.#refuseUnlessAnonymous();
        checkVersion(facts);
        const agentId = await this.#options.services().join({ tokenId, tokenSecret }, publicKey, facts);
        return { result: { agentId, orderKey: this.#options.orderPublicKey } };
      },
      challenge: () => {
        this.#refuseUnlessAnonymous();
        const nonce = randomBytes(32).toString("base64");
        this.#state = { kind: "anonymous", nonce };
        return { result: { nonce } };
      },
      authenticate: async (request) => {
        await this.#authenticate(request);
        return { result: { consoleTimeMs: this.#options.clock.nowMs() } };
      },
    };
  }

  /** What agents may ask once it is known who they are. */
  #inside(): LinkHandlers<typeof agentRequests> {
    const services = this.#options.services();
    return {
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
      "tls.trust": async (holdings) => ({ result: await services.tlsTrust(this.#who("tls.trust"), holdings) }),
      "tls.issue": async (request) => ({ result: await services.tlsIssue(this.#who("tls.issue"), request) }),
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

  async #authenticate(request: Proof): Promise<void> {
    const { agentId, facts, namingRevision, namingEpoch = "" } = request;
    checkVersion(facts);
    const nonce = this.#refuseUnlessAnonymous();
    // A nonce is good for one try, and nothing else is taken until that is decided.
    this.#state = { kind: "proving", agentId };
    try {
      await this.#checkSignature(request, nonce);
      await this.#options.services().onProved(agentId, facts);
    } catch (error) {
      this.#state = { kind: "anonymous", nonce: undefined };
      throw error;
    }
    if (this.peer.isClosed) return;
    clearTimeout(this.#timer);
    this.peer.allowFrames(MAX_LINK_FRAME_BYTES);
    this.#state = { kind: "agent", agentId };
    this.#events.onAuthenticated(agentId);
    this.#options.services().onOnline(agentId, facts, { epoch: namingEpoch, revision: namingRevision });
  }

  async #checkSignature({ agentId, signature }: Proof, nonce: string | undefined) {
    const publicKey = await this.#options.services().publicKeyOf(agentId);
    if (publicKey === undefined) throw new AgentUnknown({ agentId });
    const text = challengeText(agentId, nonce ?? "", this.#options.fingerprint);
    const isRight = verify(null, Buffer.from(text), readAgentKey(publicKey), Buffer.from(signature, "base64"));
    if (nonce === undefined || !isRight) throw new AgentSignatureInvalid({ agentId });
  }

  /** @returns the nonce of the last challenge, if any */
  #refuseUnlessAnonymous(): string | undefined {
    if (this.#state.kind !== "anonymous") throw new AgentAlreadyAuthenticated({ agentId: this.#state.agentId });
    return this.#state.nonce;
  }

  #who(method: string): string {
    if (this.#state.kind !== "agent") throw new AgentNotAuthenticated({ method });
    return this.#state.agentId;
  }
}

function checkVersion(facts: AgentFacts): void {
  if (facts.linkVersion !== LINK_VERSION)
    throw new LinkVersionMismatch({ agent: facts.linkVersion, console: LINK_VERSION });
}
