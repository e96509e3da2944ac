/**
 * Link protocol between an agent and the console: what each side may ask. Frames: `frame.ts`. Transport: one TLS connection
 * dialled by the agent, the console's certificate pinned by its SHA-256 fingerprint.
 *
 * First comes either `join` (once, with a single-use token) or `challenge` + `authenticate`; everything else is refused before.
 * Both sides may send requests; ids are per direction. Numbers of bytes and list lengths are limited by the schemas.
 */
import { type Static, type TSchema, Type } from "typebox";
import { RoutesReadReply, RoutesReadRequest } from "./route-messages.js";

const Text = (maxLength: number) => Type.String({ maxLength });
const Strict = <P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });
const Base64 = (maxLength: number) => Type.String({ maxLength, pattern: "^[A-Za-z0-9+/_=-]*$" });
const Sha256 = Type.String({ pattern: "^[0-9a-f]{64}$" });

export const LINK_VERSION = 1;
export const LINK_DEFAULT_PORT = 9981;

/** Who the agent is; sent when it joins and each time it connects. */
export const AgentFacts = Strict({
  name: Text(64),
  /** IPv4 address under which this machine's services are reached. */
  address: Text(15),
  version: Text(32),
  platform: Text(128),
  linkVersion: Type.Integer(),
});
export type AgentFacts = Static<typeof AgentFacts>;

export const JoinRequest = Strict({
  tokenId: Text(64),
  tokenSecret: Text(128),
  /** Ed25519 public key of the agent, SPKI DER in base64. */
  publicKey: Base64(256),
  facts: AgentFacts,
});
/** `orderKey` verifies the console's orders (Ed25519, SPKI DER in base64); the agent pins it. */
export const JoinReply = Strict({ agentId: Text(64), orderKey: Base64(256) });

export const ChallengeRequest = Strict({ agentId: Text(64) });
export const ChallengeReply = Strict({ nonce: Base64(128) });
/** `signature` is over {@link challengeText}, Ed25519 in base64. */
export const AuthenticateRequest = Strict({
  agentId: Text(64),
  signature: Base64(256),
  facts: AgentFacts,
  namingRevision: Type.Integer({ minimum: 0 }),
  /** Epoch of `namingRevision`; missing = "". */
  namingEpoch: Type.Optional(Text(64)),
});
export const AuthenticateReply = Strict({ consoleTimeMs: Type.Integer() });

/** What an agent signs to prove its identity. The fingerprint binds the proof to this console. */
export function challengeText(agentId: string, nonce: string, consoleFingerprint: string): string {
  return `msec-link-v${LINK_VERSION}\n${agentId}\n${nonce}\n${consoleFingerprint}\n`;
}

export const ProcessReport = Strict({
  service: Text(64),
  state: Type.Unsafe<"running" | "starting" | "stopping" | "backoff" | "stopped" | "absent">({
    type: "string",
    enum: ["running", "starting", "stopping", "backoff", "stopped", "absent"],
  }),
  releaseId: Type.Union([Text(32), Type.Null()]),
  pid: Type.Union([Type.Integer(), Type.Null()]),
  workers: Type.Integer(),
  restarts: Type.Integer(),
  sinceAtMs: Type.Integer(),
  text: Text(512),
});
export type ProcessReport = Static<typeof ProcessReport>;

/** How this machine's callers see one instance of a service. */
export const RouteReport = Strict({
  service: Text(64),
  /** `ip:port`, `[ip]:port` for IPv6. */
  address: Text(53),
  /** `unreachable`: the agent can't connect, but no other instance answers either, so it stays in use. */
  state: Type.Unsafe<"well" | "ejected" | "trial" | "unreachable">({
    type: "string",
    enum: ["well", "ejected", "trial", "unreachable"],
  }),
  successRatio: Type.Number(),
  latencyMs: Type.Number(),
  inFlight: Type.Integer(),
  text: Text(256),
});
export type RouteReport = Static<typeof RouteReport>;

/** Every 5 s, and at once when a process changes its state. The console counts an agent as away after 15 s without one. */
export const Heartbeat = Strict({
  atMs: Type.Integer(),
  namingRevision: Type.Integer(),
  load: Strict({
    cpuRatio: Type.Number(),
    memoryTotalBytes: Type.Integer(),
    memoryFreeBytes: Type.Integer(),
    loadAverage1m: Type.Number(),
    diskFreeBytes: Type.Integer(),
  }),
  processes: Type.Array(ProcessReport, { maxItems: 1000 }),
  routes: Type.Array(RouteReport, { maxItems: 2000 }),
  spooledLogs: Type.Integer(),
  droppedLogs: Type.Integer(),
});
export type Heartbeat = Static<typeof Heartbeat>;

/** One value of one attribute in one second. `add` values of the same key are summed, of `set` the last one stays. */
export const MetricPoint = Strict({
  service: Text(128),
  attribute: Text(128),
  kind: Type.Unsafe<"add" | "set">({ type: "string", enum: ["add", "set"] }),
  atSec: Type.Integer(),
  value: Type.Number(),
});
export type MetricPoint = Static<typeof MetricPoint>;

/** A batch is stored once: the console remembers the last `batchId` of each agent, which grows by one. */
export const MetricsRequest = Strict({
  batchId: Type.Integer(),
  points: Type.Array(MetricPoint, { maxItems: 5000 }),
});
export const LogEvent = Strict({
  atMs: Type.Integer(),
  headers: Type.Record(Text(128), Text(8192)),
  body: Text(8192),
});
export type LogEvent = Static<typeof LogEvent>;
export const LogsRequest = Strict({ batchId: Type.Integer(), events: Type.Array(LogEvent, { maxItems: 1000 }) });
export const Empty = Strict({});

/** Reads a part of a stored file by its hash; the bytes are the frame's payload. */
export const BlobReadRequest = Strict({
  sha256: Sha256,
  offset: Type.Integer({ minimum: 0 }),
  maxBytes: Type.Integer({ minimum: 1, maximum: 1 << 20 }),
});
export const BlobReadReply = Strict({ sizeBytes: Type.Integer() });

export const OrderProgress = Strict({ orderId: Text(64), atMs: Type.Integer(), step: Text(64), text: Text(2048) });
export type OrderProgress = Static<typeof OrderProgress>;
export const OrderResult = Strict({
  orderId: Text(64),
  atMs: Type.Integer(),
  ok: Type.Boolean(),
  text: Text(4096),
  reason: Text(64),
  /** Release that ran before a switch; empty when there was none or the order is no switch. */
  previousReleaseId: Text(32),
});
export type OrderResult = Static<typeof OrderResult>;

/**
 * What the agent holds for TLS between services. `trusted`: SHA-256 of its bundle of authorities, empty = none. `issuers`: authorities
 * (by `issuer` of {@link TlsTrustReply}) that signed the certificates it holds.
 */
export const TlsTrustRequest = Strict({
  trusted: Type.String({ pattern: "^([0-9a-f]{64})?$" }),
  issuers: Type.Array(Text(64), { maxItems: 16 }),
});
/** What it should hold: the authorities to trust (PEM), who signs now, for how long, and the services with an instance on this machine. */
export const TlsTrustReply = Strict({
  bundle: Text(65_536),
  issuer: Text(64),
  certificateMs: Type.Integer({ minimum: 1 }),
  services: Type.Array(Text(64), { maxItems: 1000 }),
});
export type TlsTrustReply = Static<typeof TlsTrustReply>;
/** `publicKey`: P-256, SPKI DER in base64. `proof`: its signature over {@link tlsProofText}, ECDSA with SHA-256, DER in base64. */
export const TlsIssueRequest = Strict({
  /** Empty: for the machine as such. */
  service: Text(64),
  publicKey: Base64(256),
  proof: Base64(256),
});
export const TlsIssueReply = Strict({ certificate: Text(8192), issuer: Text(64) });

/** What a key signs to prove that the agent holds it. */
export function tlsProofText(agentId: string, service: string, publicKey: string): string {
  return `msec-tls-v1\n${agentId}\n${service}\n${publicKey}\n`;
}

const Label = Type.Optional(Type.String({ pattern: "^[A-Za-z0-9._-]{0,32}$" }));
const Ratio = Type.Optional(Type.Number({ minimum: 0, maximum: 1 }));

/** Zone, rack and set of a machine or an instance; missing or "" = none. */
export const Labels = Strict({ zone: Label, rack: Label, set: Label });
export type Labels = Static<typeof Labels>;

export const NamedInstance = Strict({
  /** IPv4 or IPv6. */
  host: Text(45),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  transport: Type.Unsafe<"tcp" | "udp" | "all">({ type: "string", enum: ["tcp", "udp", "all"] }),
  weight: Type.Integer({ minimum: 1, maximum: 10_000 }),
  zone: Label,
  rack: Label,
  set: Label,
});
/** The keys of the original, nlb.md §2.1; missing = its default. */
export const NamedTuning = Strict({
  shaping_request_min: Type.Optional(Type.Integer({ minimum: 0 })),
  success_ratio_base: Ratio,
  success_ratio_min: Ratio,
  resume_weight_ratio: Ratio,
  dead_retry_ratio: Ratio,
  weight_low_watermark: Ratio,
  weight_low_ratio: Ratio,
  weight_incr_ratio: Ratio,
});
/** Optional fields are left out when they have their default: none, none, false, none. */
export const NamedService = Strict({
  service: Text(64),
  policy: Text(32),
  check: Type.Optional(Type.Unsafe<"none" | "tcp">({ type: "string", enum: ["none", "tcp"] })),
  locality: Type.Optional(Type.Unsafe<"none" | "zone" | "rack">({ type: "string", enum: ["none", "zone", "rack"] })),
  partition: Type.Optional(Type.Boolean()),
  tuning: Type.Optional(NamedTuning),
  revision: Type.Integer(),
  instances: Type.Array(NamedInstance, { maxItems: 10_000 }),
});
export type NamedService = Static<typeof NamedService>;
/**
 * `snapshot`: the whole truth, services not listed are gone. `delta`: changes since `baseRevision`; refused when the agent has another one.
 * A position is an epoch and a revision: two consoles, or one restored from a backup, may count the same revisions for other content.
 * A snapshot may come in parts, in order, all of one epoch and revision; it takes effect with the last one.
 */
export const NamingApply = Strict({
  kind: Type.Unsafe<"snapshot" | "delta">({ type: "string", enum: ["snapshot", "delta"] }),
  baseRevision: Type.Integer(),
  revision: Type.Integer(),
  /** Of `revision`; missing = "". */
  epoch: Type.Optional(Text(64)),
  /** Of a snapshot; missing = part 0 of 1. */
  part: Type.Optional(Type.Integer({ minimum: 0, maximum: 1023 })),
  parts: Type.Optional(Type.Integer({ minimum: 1, maximum: 1024 })),
  services: Type.Array(NamedService, { maxItems: 10_000 }),
  removed: Type.Array(Text(64), { maxItems: 10_000 }),
  /** What this takes away is meant: the console followed each step from what the agent has, or a person confirmed it. */
  confirmedEmpty: Type.Boolean(),
  /** Of the machine that the agent runs on; missing = as before. */
  local: Type.Optional(Labels),
});
export type NamingApply = Static<typeof NamingApply>;
/** Revision that the agent has now; before the last part of a snapshot still the old one. */
export const NamingApplied = Strict({ revision: Type.Integer() });

/** `payload` is the JSON text of an {@link Order}, signed as it stands: Ed25519, base64. */
export const SignedOrder = Strict({ payload: Text(65_536), signature: Base64(256) });
export type SignedOrder = Static<typeof SignedOrder>;

const Blob = Strict({ sha256: Sha256, sizeBytes: Type.Integer({ minimum: 0 }), tag: Text(32) });
const ServiceArgs = { service: Text(64) };
const ReleaseId = Type.String({ pattern: "^r-[0-9]{1,12}$" });

/** What an agent can be told to do. Closed set; arguments hold no paths and no shell text. */
export const OrderAction = Type.Union([
  /** Fetch, verify and unpack into `releases/<id>`; nothing that runs is touched. */
  Strict({
    op: Type.Literal("release.install"),
    ...ServiceArgs,
    releaseId: ReleaseId,
    plugin: Blob,
    config: Blob,
  }),
  /** Stop what runs, switch `current`, start, wait until healthy; on failure switch back and start the old one again. */
  Strict({
    op: Type.Literal("release.activate"),
    ...ServiceArgs,
    releaseId: ReleaseId,
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    healthTimeoutMs: Type.Integer({ minimum: 1000, maximum: 600_000 }),
  }),
  Strict({ op: Type.Literal("service.start"), ...ServiceArgs }),
  Strict({ op: Type.Literal("service.stop"), ...ServiceArgs }),
  Strict({ op: Type.Literal("service.restart"), ...ServiceArgs }),
]);
export type OrderAction = Static<typeof OrderAction>;

export const Order = Strict({
  orderId: Text(64),
  agentId: Text(64),
  issuedAtMs: Type.Integer(),
  expiresAtMs: Type.Integer(),
  action: OrderAction,
});
export type Order = Static<typeof Order>;

/** Requests that an agent sends to the console. */
export const agentRequests = {
  join: { request: JoinRequest, reply: JoinReply },
  challenge: { request: ChallengeRequest, reply: ChallengeReply },
  authenticate: { request: AuthenticateRequest, reply: AuthenticateReply },
  heartbeat: { request: Heartbeat, reply: Empty },
  metrics: { request: MetricsRequest, reply: Empty },
  logs: { request: LogsRequest, reply: Empty },
  "blob.read": { request: BlobReadRequest, reply: BlobReadReply },
  "order.progress": { request: OrderProgress, reply: Empty },
  "order.result": { request: OrderResult, reply: Empty },
  "tls.trust": { request: TlsTrustRequest, reply: TlsTrustReply },
  "tls.issue": { request: TlsIssueRequest, reply: TlsIssueReply },
} as const;

/** Requests that the console sends to an agent. */
export const consoleRequests = {
  "naming.apply": { request: NamingApply, reply: NamingApplied },
  order: { request: SignedOrder, reply: Empty },
  "routes.read": { request: RoutesReadRequest, reply: RoutesReadReply },
  /** Ask `tls.trust` again soon. */
  "tls.changed": { request: Empty, reply: Empty },
} as const;
