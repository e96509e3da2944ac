/**
 * Every key of config.ini that the framework reads, one row each: the check, the type in {@link ConfigValues}, the default and the row in
 * docs/reference/config-ini.md all come from here. To add a key add a row; `npx vitest run packages/sdk/src/config-reference -u` writes
 * the page.
 */
import { availableParallelism } from "node:os";

/** What has to happen until a changed value counts. `live`: nothing, within a second. */
export type TakesEffect = "live" | "reload" | "restart";

interface KeyFacts {
  readonly section: string;
  readonly key: string;
  readonly takesEffect: TakesEffect;
  /** Meaning and consequence, for the reference; Markdown. */
  readonly doc: string;
}

/** A whole number. `scale`: the value in the file times this is the value in the program (seconds → ms). */
interface WholeKey extends KeyFacts {
  readonly kind: "whole";
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly scale?: number;
  /** For the reference, where the default depends on the machine. */
  readonly defaultText?: string;
}
interface RatioKey extends KeyFacts {
  readonly kind: "ratio";
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
interface ChoiceKey extends KeyFacts {
  readonly kind: "choice";
  readonly default: string;
  readonly choices: readonly string[];
}
/** `1`, `on`, `true`, `yes` or `0`, `off`, `false`, `no`. */
interface FlagKey extends KeyFacts {
  readonly kind: "flag";
  readonly default: boolean;
}
interface TextKey extends KeyFacts {
  readonly kind: "text";
  readonly default: string;
}
/** Words between blanks. */
interface ListKey extends KeyFacts {
  readonly kind: "list";
}
/** Read by code of its own. */
interface OwnKey extends KeyFacts {
  readonly kind: "own";
  readonly defaultText: string;
  /** The key is a family: `FieldName0`, `FieldName1`, … */
  readonly isNumbered?: true;
}
export type ConfigKey = WholeKey | RatioKey | ChoiceKey | FlagKey | TextKey | ListKey | OwnKey;

const BYTES_MAX = 1 << 30;

export const CONFIG_KEYS = {
  listen: {
    section: "SRPC",
    key: "listen",
    kind: "own",
    takesEffect: "reload",
    defaultText: "`all:7963/udp all:7963/tcp`",
    doc: "where to listen, see below. The console writes it with the service's port when a version is saved",
  },
  procnum: {
    section: "SRPC",
    key: "procnum",
    kind: "whole",
    takesEffect: "reload",
    min: 1,
    max: 512,
    default: availableParallelism(),
    defaultText: "number of CPUs",
    doc: "worker processes. Each runs its own hooks. One event loop fills one CPU, so more than CPUs only help handlers that block; fewer leave CPUs to the neighbours",
  },
  accept: {
    section: "SRPC",
    key: "accept",
    kind: "choice",
    takesEffect: "restart",
    default: "balanced",
    choices: ["balanced", "direct"],
    doc: "`balanced`: the controller deals new connections out to the workers in turn; right for callers that keep connections, as all SRPC clients do. `direct`: workers accept by themselves, several times cheaper per connection but uneven; for many short connections",
  },
  heartbeatMs: {
    section: "SRPC",
    key: "heartbeat",
    kind: "whole",
    takesEffect: "reload",
    default: 10,
    min: 3,
    max: 86_400,
    scale: 1_000,
    doc: "seconds. A worker whose event loop is silent for so long hangs: it is killed and replaced. Keep it above the longest synchronous computation",
  },
  startTimeoutMs: {
    section: "SRPC",
    key: "start_timeout",
    kind: "whole",
    takesEffect: "reload",
    default: 60,
    min: 1,
    max: 3_600,
    scale: 1_000,
    doc: "seconds. A worker that is not ready by then, `init` included, is killed",
  },
  isReloadable: {
    section: "SRPC",
    key: "reload",
    kind: "flag",
    takesEffect: "restart",
    default: true,
    doc: "`0`: an order to reload is refused; for services that must not run twice for a moment",
  },
  drainMs: {
    section: "SRPC",
    key: "drain_ms",
    kind: "whole",
    takesEffect: "reload",
    default: 8_000,
    min: 0,
    max: 12_000,
    doc: "longest time that requests under way are given to end at a stop or a reload; the rest is cut off. An agent kills what did not end after 15 s",
  },
  loopMs: {
    section: "SRPC",
    key: "loop_ms",
    kind: "whole",
    takesEffect: "reload",
    default: 1_000,
    min: 1,
    max: 86_400_000,
    doc: "pause between two runs of the `loop` hook when it asks for none of its own",
  },
  msgTimeoutMs: {
    section: "SRPC",
    key: "msg_timeout",
    kind: "whole",
    takesEffect: "reload",
    default: 800,
    min: 0,
    max: 3_600_000,
    doc: "ms. A request that waited longer than this between its arrival and its handler is refused; `0` = never",
  },
  maxQueueDelayMs: {
    section: "SRPC",
    key: "max_queue_delay_ms",
    kind: "whole",
    takesEffect: "reload",
    default: 20,
    min: 0,
    max: 10_000,
    doc: "ms; overload control: when requests wait longer than this for their turn for 0.2 s, or when latencies show that too many are under way, the worker takes only what it manages and refuses the least important rest with `RPC_OVERLOADED`. `0` = off",
  },
  maxInFlight: {
    section: "SRPC",
    key: "max_in_flight",
    kind: "whole",
    takesEffect: "reload",
    default: 10_000,
    min: 1,
    max: 1_000_000,
    doc: "requests under way per worker; more are refused at once with `RPC_OVERLOADED`. Lower it when requests hold much memory",
  },
  maxConnections: {
    section: "SRPC",
    key: "max_connections",
    kind: "whole",
    takesEffect: "reload",
    default: 10_000,
    min: 1,
    max: 1_000_000,
    doc: "connections per worker; more are closed at once and counted as refused",
  },
  maxFrameBytes: {
    section: "SRPC",
    key: "max_frame_bytes",
    kind: "whole",
    takesEffect: "reload",
    default: 16 << 20,
    min: 1 << 10,
    max: BYTES_MAX,
    doc: "largest request and answer. Longer ones are refused before their body arrives",
  },
  maxQueuedBytes: {
    section: "SRPC",
    key: "max_queued_bytes",
    kind: "whole",
    takesEffect: "reload",
    default: 64 << 20,
    min: 1 << 16,
    max: BYTES_MAX,
    doc: "answers that may wait for a peer that does not read, per connection; above, the connection is closed",
  },
  idleTimeoutMs: {
    section: "SRPC",
    key: "idle_timeout_ms",
    kind: "whole",
    takesEffect: "reload",
    default: 60_000,
    min: 100,
    max: 86_400_000,
    doc: "a connection without a complete message for so long is closed, unless a request is under way on it. Callers of this generation close theirs after 50 s",
  },
  messageTimeoutMs: {
    section: "SRPC",
    key: "message_timeout_ms",
    kind: "whole",
    takesEffect: "reload",
    default: 30_000,
    min: 0,
    max: 3_600_000,
    doc: "time for the rest of a request that was begun, beside what its length takes at 16 KB/s; then the connection is closed, whoever sends byte by byte. `0` = any time",
  },
  maxConnectionsPerAddress: {
    section: "SRPC",
    key: "max_connections_per_address",
    kind: "whole",
    takesEffect: "reload",
    default: 5_000,
    min: 0,
    max: 1_000_000,
    doc: "connections from one address and worker; more are closed at once. `0` = any number",
  },
  tls: {
    section: "SRPC",
    key: "tls",
    kind: "choice",
    takesEffect: "reload",
    default: "off",
    choices: ["off", "optional", "required"],
    doc: "`optional`: TLS and plain connections on the same port. `required`: plain requests are refused with `RPC_TLS_REQUIRED`. The agent brings the certificate, see [security](../guide/security.md)",
  },
  clientCertificates: {
    section: "SRPC",
    key: "client_certificates",
    kind: "choice",
    takesEffect: "reload",
    default: "required",
    choices: ["required", "optional", "off"],
    doc: "whether TLS clients must show a certificate of this platform. `optional`: a bad one is refused, none is not",
  },
  tlsHandshakeMs: {
    section: "SRPC",
    key: "tls_handshake_ms",
    kind: "whole",
    takesEffect: "reload",
    default: 10_000,
    min: 100,
    max: 120_000,
    doc: "longest time for a TLS handshake",
  },
  tlsDir: {
    section: "SRPC",
    key: "tls_dir",
    kind: "text",
    takesEffect: "reload",
    default: "",
    doc: "directory of `key.pem`, `cert.pem` and `ca.pem`, for certificates of your own; also for calls to others. Default: the agent's. Files that change there are used at once",
  },
  allowCallers: {
    section: "SRPC",
    key: "allow_callers",
    kind: "list",
    takesEffect: "live",
    doc: "services that may call, between blanks: `First.Second`, `First.*`, `agent:<id>` for other programs of one machine. Empty: all. Without `tls` and `client_certificates` `required` callers can claim any name: then it prevents mistakes only",
  },
  allowFrom: {
    section: "SRPC",
    key: "allow_from",
    kind: "list",
    takesEffect: "live",
    doc: "addresses and networks (`10.0.0.0/8`) that may connect and send datagrams, between blanks; others are closed unread. Empty: all",
  },
  udpTrusted: {
    section: "SRPC",
    key: "udp_trusted",
    kind: "list",
    takesEffect: "reload",
    doc: "networks like `10.0.0.0/8`, between blanks, whose datagrams have neither of the two limits below: those where no address can be forged. `127.0.0.0/8` always is one",
  },
  udpMaxFactor: {
    section: "SRPC",
    key: "udp_max_factor",
    kind: "whole",
    takesEffect: "reload",
    min: 1,
    max: 100,
    default: 3,
    doc: "largest answer over UDP to a sender in no trusted network, as multiple of its request, so that nobody can flood others through us. Larger ones become `RPC_DATAGRAM_ANSWER_TOO_LARGE`",
  },
  udpRate: {
    section: "SRPC",
    key: "udp_rate",
    kind: "whole",
    takesEffect: "reload",
    min: 1,
    max: 1_000_000,
    default: 1_000,
    doc: "datagrams per second, worker and /24 network in no trusted network; more are ignored",
  },
  clientTls: {
    section: "CLIENT",
    key: "tls",
    kind: "choice",
    takesEffect: "reload",
    default: "off",
    choices: ["off", "required"],
    doc: "`required`: calls of services go over TLS, and what can't is refused before anything is sent. `off`: only calls to `ip:port@tls` do",
  },
  clientConnections: {
    section: "CLIENT",
    key: "connections_per_address",
    kind: "whole",
    takesEffect: "reload",
    default: 1,
    min: 1,
    max: 64,
    doc: "connections to one instance; calls share them. More help only when one connection is the bottleneck, as with large messages",
  },
  clientConnectTimeoutMs: {
    section: "CLIENT",
    key: "connect_timeout_ms",
    kind: "whole",
    takesEffect: "reload",
    default: 1_000,
    min: 10,
    max: 60_000,
    doc: "after so long without a connection another instance is tried",
  },
  clientIdleTimeoutMs: {
    section: "CLIENT",
    key: "idle_timeout_ms",
    kind: "whole",
    takesEffect: "reload",
    default: 50_000,
    min: 100,
    max: 86_400_000,
    doc: "unused connections are closed after so long. Keep it below the callees' `idle_timeout_ms`",
  },
  clientMaxInFlight: {
    section: "CLIENT",
    key: "max_in_flight",
    kind: "whole",
    takesEffect: "reload",
    default: 100_000,
    min: 1,
    max: 10_000_000,
    doc: "calls under way per worker; more fail at once with `RPC_CLIENT_OVERLOADED`",
  },
  clientMaxFrameBytes: {
    section: "CLIENT",
    key: "max_frame_bytes",
    kind: "whole",
    takesEffect: "reload",
    default: 16 << 20,
    min: 1 << 10,
    max: BYTES_MAX,
    doc: "largest request sent and answer taken",
  },
  clientRetryRatio: {
    section: "CLIENT",
    key: "retry_ratio",
    kind: "ratio",
    takesEffect: "reload",
    default: 0.2,
    min: 0,
    max: 1,
    doc: "repeats per call of a direct address (`ip:port`) in the long run, so that retries never multiply the load of a service in trouble. Names have one budget per machine and callee instead, in shared memory: a fifth of the successful calls, 500 saved at most",
  },
  clientRetryBurst: {
    section: "CLIENT",
    key: "retry_burst",
    kind: "whole",
    takesEffect: "reload",
    default: 10,
    min: 0,
    max: 10_000,
    doc: "repeats of calls to direct addresses allowed beside `retry_ratio`, for those who call rarely",
  },
  clientShortConnections: {
    section: "CLIENT",
    key: "short_connections",
    kind: "flag",
    takesEffect: "reload",
    default: false,
    doc: "one connection per call, closed after its answer; only for callees that demand it",
  },
  clientHedgeAfterMs: {
    section: "CLIENT",
    key: "hedge_after_ms",
    kind: "whole",
    takesEffect: "reload",
    default: 0,
    min: 0,
    max: 60_000,
    doc: "an idempotent call without an answer for so long is sent to another instance too, from the retry budget; `0` = never",
  },
  logLevel: {
    section: "LOG",
    key: "Level",
    kind: "own",
    takesEffect: "live",
    defaultText: "`ERROR`",
    doc: "`TRACE`, `DEBUG`, `INFO`, `ERROR`, `FATAL` or `NONE`, in any case. Records below it stay in the process",
  },
  colorNames: {
    section: "COLOR",
    key: "FieldName",
    kind: "own",
    takesEffect: "live",
    defaultText: "none",
    isNumbered: true,
    doc: "`FieldName0`, `FieldName1`, …: a record that has this field with exactly the value beside it is kept whatever its level. Read from 0 on up to the first missing name, at most 1000",
  },
  colorValues: {
    section: "COLOR",
    key: "FieldValue",
    kind: "own",
    takesEffect: "live",
    defaultText: "none",
    isNumbered: true,
    doc: "`FieldValue0`, `FieldValue1`, …: the values",
  },
} as const satisfies Readonly<Record<string, ConfigKey>>;

/** Keys of the archived system that have no meaning any more, by section. They are accepted with a note in the log. */
export const OLD_KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  SRPC: {
    module: "the plug-in of the release is loaded",
    shmsize: "requests do not pass through shared memory",
    conf: 'read it with config.get("SRPC", "conf")',
  },
  LOG: {
    FileMax: "there are no local business logs",
    FileSize: "there are no local business logs",
  },
};

type Keys = typeof CONFIG_KEYS;

type ValueOf<K> = K extends { readonly kind: "whole" | "ratio" }
  ? number
  : K extends { readonly kind: "choice"; readonly choices: readonly (infer C)[] }
    ? C
    : K extends { readonly kind: "flag" }
      ? boolean
      : K extends { readonly kind: "list" }
        ? readonly string[]
        : string;

/** The values of all rows but those of kind `own`, by the row's name. */
export type ConfigValues = {
  readonly [N in keyof Keys as Keys[N] extends { readonly kind: "own" } ? never : N]: ValueOf<Keys[N]>;
};
