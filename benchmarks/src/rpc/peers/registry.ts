/** The compared programs by name. Each is loaded only by the processes that use it. */
import type { Peer } from "./peer.js";

export const PEERS = {
  /** All features on, as a service author gets it. */
  msec: async () => (await import("./msec.js")).msec,
  /** … with an `async` handler. */
  "msec-async": async () => (await import("./msec.js")).msecAsync,
  /** No metrics, no hop record, no context. */
  "msec-bare": async () => (await import("./msec.js")).msecBare,
  "msec-no-hop": async () => (await import("./msec.js")).msecNoHop,
  "msec-no-metrics": async () => (await import("./msec.js")).msecNoMetrics,
  "msec-no-context": async () => (await import("./msec.js")).msecNoContext,
  /** Frames are split and copied back, nothing else. */
  floor: async () => (await import("./floor.js")).floor,
  "bare-net": async () => (await import("./bare-net.js")).bareNet,
  "grpc-js": async () => (await import("./grpc-js.js")).grpcJs,
  tars: async () => (await import("./tars.js")).tars,
  moleculer: async () => (await import("./moleculer.js")).moleculer,
} as const satisfies Readonly<Record<string, () => Promise<Peer>>>;

export type PeerName = keyof typeof PEERS;
