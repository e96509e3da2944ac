import type { Clock, Logger } from "@msec/core";
import type { NamePosition } from "@msec/naming";
import type {
  AgentFacts,
  Heartbeat,
  LogEvent,
  MetricPoint,
  OrderProgress,
  OrderResult,
  TlsTrustReply,
} from "@msec/protocol";
import type { JoinTokenProof } from "../machines/join-service.js";
import type { TlsHoldings } from "../tls/tls-service.js";

/** What the hub needs of the rest of the console. */
export interface HubServices {
  /** Consumes a join token. @throws when it is wrong, used or expired */
  join(token: JoinTokenProof, publicKey: string, facts: AgentFacts): Promise<string>;
  /** Public key of a known agent, SPKI DER in base64. */
  publicKeyOf(agentId: string): Promise<string | undefined>;
  /** The agent proved its identity; it may still be refused. */
  onProved(agentId: string, facts: AgentFacts): Promise<void>;
  /** It can be asked from now on. */
  onOnline(agentId: string, facts: AgentFacts, names: NamePosition): void;
  onDisconnected(agentId: string): void;
  onHeartbeat(agentId: string, beat: Heartbeat): Promise<void>;
  onMetrics(agentId: string, batchId: number, points: readonly MetricPoint[]): Promise<void>;
  onLogs(agentId: string, batchId: number, events: readonly LogEvent[]): Promise<void>;
  readBlob(sha256: string, offset: number, maxBytes: number): Promise<{ bytes: Uint8Array; sizeBytes: number }>;
  onOrderProgress(agentId: string, progress: OrderProgress): Promise<void>;
  /** What the agent holds for TLS between services; gives what it should hold. */
  tlsTrust(agentId: string, holdings: TlsHoldings): Promise<TlsTrustReply>;
  /** @throws when the service has no instance on the agent's machine */
  tlsIssue(
    agentId: string,
    request: { readonly service: string; readonly publicKey: string; readonly proof: string },
  ): Promise<{ readonly certificate: string; readonly issuer: string }>;
  onOrderResult(agentId: string, result: OrderResult): Promise<void>;
}

export interface HubOptions {
  readonly fingerprint: string;
  readonly orderPublicKey: string;
  /** Asked when an agent connects: the services need the hub as well. */
  readonly services: () => HubServices;
  readonly clock: Clock;
  readonly logger: Logger;
}
