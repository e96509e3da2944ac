/** The compared programs by name. */
import { bareNet } from "./bare-net.js";
import { floor } from "./floor.js";
import { grpcJs } from "./grpc-js.js";
import { msec, msecAsync, msecBare } from "./msec.js";
import type { Peer } from "./peer.js";

export const PEERS = {
  msec,
  "msec-async": msecAsync,
  "msec-bare": msecBare,
  floor,
  "bare-net": bareNet,
  "grpc-js": grpcJs,
} as const satisfies Readonly<Record<string, Peer>>;

export type PeerName = keyof typeof PEERS;
