/** The compared programs by name. Each is loaded only by the processes that use it. */
import type { Peer } from "./peer.js";
import { tuned } from "./tuned.js";

export const PEERS = {
  /** All features on, as a service author gets it. */
  msec: async () => tuned((await import("./msec.js")).msec),
  /** … with an `async` handler. */
  "msec-async": async () => tuned((await import("./msec.js")).msecAsync),
  /** No metrics, no hop record, no context. */
  "msec-bare": async () => tuned((await import("./msec.js")).msecBare),
  "msec-no-hop": async () => tuned((await import("./msec.js")).msecNoHop),
  "msec-no-metrics": async () => tuned((await import("./msec.js")).msecNoMetrics),
  "msec-no-context": async () => tuned((await import("./msec.js")).msecNoContext),
  /** All features on, under V8's defaults: not what a worker of a service has. */
  "msec-untuned": async () => (await import("./msec.js")).msec,
  /** Frames are split and copied back, nothing else. */
  floor: async () => (await import("./floor.js")).floor,
  "bare-net": async () => (await import("./bare-net.js")).bareNet,
  "grpc-js": async () => (await import("./grpc-js.js")).grpcJs,
  tars: async () => (await import("./tars.js")).tars,
  /** With the compiler's budget of our workers, for a comparison on equal terms. */
  "tars-tuned": async () => tuned((await import("./tars.js")).tars),
  moleculer: async () => (await import("./moleculer.js")).moleculer,
  "bare-http": async () => (await import("./bare-http.js")).bareHttp,
  fastify: async () => (await import("./fastify.js")).fastify,
} as const satisfies Readonly<Record<string, () => Promise<Peer>>>;

export type PeerName = keyof typeof PEERS;
