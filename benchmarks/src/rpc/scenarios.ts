/** What is measured: how many calls at a time, over which connections, with how many workers, by whom. */
import type { Transport } from "./peers/peer.js";
import type { PeerName } from "./peers/registry.js";

export interface Scenario {
  /** Stable: keys of ratios and `--only` use it. */
  readonly name: string;
  readonly about: string;
  readonly inFlight: number;
  readonly connections: number;
  readonly isShort: boolean;
  readonly workers: number;
  readonly transport: Transport;
  readonly peers: readonly PeerName[];
  /** Peers that have no such way of calling, and why. */
  readonly notAvailable: Readonly<Record<string, string>>;
}

const MAIN_PEERS: readonly PeerName[] = ["msec", "msec-bare", "floor", "bare-net", "grpc-js", "tars", "moleculer"];
const VARIANTS: readonly PeerName[] = [
  "msec-async",
  "msec-no-hop",
  "msec-no-metrics",
  "msec-no-context",
  "msec-untuned",
  "tars-tuned",
];
const without = (...names: PeerName[]): readonly PeerName[] => MAIN_PEERS.filter((peer) => !names.includes(peer));

const BASE = {
  connections: 4,
  isShort: false,
  workers: 1,
  transport: "tcp",
  peers: MAIN_PEERS,
  notAvailable: {},
} as const;
const NOT_SHORT = {
  floor: "it has only long connections",
  moleculer: "two nodes keep one connection each way",
};

const NOT_CLUSTERED = { moleculer: "its nodes have ports of their own" };
const UDP_PEERS: readonly PeerName[] = ["msec", "msec-bare", "tars"];
const NOT_UDP = {
  floor: "TCP only",
  "bare-net": "TCP only",
  "grpc-js": "TCP only",
  moleculer: "UDP only for discovery",
};

/** The order is that of the bar table's importance, so that a run that is cut short has the main figures. */
export const SCENARIOS: readonly Scenario[] = [
  {
    ...BASE,
    name: "256",
    about: "256 calls in flight over 4 connections",
    inFlight: 256,
    peers: [...MAIN_PEERS, ...VARIANTS],
  },
  {
    ...BASE,
    name: "64x1",
    about: "64 connections with 1 call in flight each",
    inFlight: 64,
    connections: 64,
    peers: without("moleculer"),
    notAvailable: { moleculer: "two nodes keep one connection each way" },
  },
  {
    ...BASE,
    name: "short",
    about: "a connection for each call, 8 at a time",
    inFlight: 8,
    connections: 0,
    isShort: true,
    peers: without("floor", "moleculer"),
    notAvailable: NOT_SHORT,
  },
  { ...BASE, name: "1", about: "1 call in flight", inFlight: 1, connections: 1 },
  { ...BASE, name: "32", about: "32 calls in flight over 4 connections", inFlight: 32 },
  {
    ...BASE,
    name: "256-w2",
    about: "256 calls in flight over 4 connections, 2 workers, on all cores",
    inFlight: 256,
    workers: 2,
    peers: without("moleculer"),
    notAvailable: NOT_CLUSTERED,
  },
  {
    ...BASE,
    name: "short-w2",
    about: "a connection for each call, 8 at a time, 2 workers, on all cores",
    inFlight: 8,
    connections: 0,
    isShort: true,
    workers: 2,
    peers: without("floor", "moleculer"),
    notAvailable: NOT_SHORT,
  },
  {
    ...BASE,
    name: "udp-1",
    about: "1 call in flight over UDP",
    inFlight: 1,
    connections: 1,
    transport: "udp",
    peers: UDP_PEERS,
    notAvailable: NOT_UDP,
  },
  {
    ...BASE,
    name: "udp-32",
    about: "32 calls in flight over UDP",
    inFlight: 32,
    transport: "udp",
    peers: UDP_PEERS,
    notAvailable: NOT_UDP,
  },
  {
    ...BASE,
    name: "http-32",
    about: "HTTP and JSON, 32 keep-alive connections with 1 call in flight each",
    inFlight: 32,
    connections: 32,
    transport: "http",
    peers: ["msec", "msec-untuned", "bare-http", "fastify"],
  },
];

/** @throws when a name is none of ours */
export function chooseScenarios(only: string | undefined): readonly Scenario[] {
  if (only === undefined) return SCENARIOS;
  return only.split(",").map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name);
    if (!found) throw new Error(`unknown scenario ${name}; names: ${SCENARIOS.map((each) => each.name).join(", ")}`);
    return found;
  });
}
