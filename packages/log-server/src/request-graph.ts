/**
 * One request as a tree of hops: what each callee told, joined with what its caller told of the same attempt, by span id. Pure.
 *
 * Attempts that no callee told of stay as the caller saw them. Hops whose parent is unknown stand at the top.
 */
import { alignClocks } from "./clock-alignment.js";
import type { GraphHop, JoinedHop } from "./graph-hop.js";
import type { HopCall, StoredHop } from "./log-record.js";
import { requestVerdict } from "./request-verdict.js";

/** Calls from one service to another; `costMs` is their average. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly calls: number;
  readonly failures: number;
  readonly costMs: number;
}

export interface RequestGraph {
  readonly verdict: string;
  readonly failed: boolean;
  readonly startedAtMs: number;
  readonly costMs: number;
  /** In the order of their start, parents first. */
  readonly hops: readonly GraphHop[];
  readonly edges: readonly GraphEdge[];
}

/** @param hops of one request, as stored */
export function buildRequestGraph(hops: readonly StoredHop[]): RequestGraph {
  const joined = join(hops);
  const waitedMs = new Map(joined.flatMap(({ hop, call }) => (call ? [[hop.spanId, call.costMs] as const] : [])));
  const aligned = alignClocks(joined);
  const startedAtMs = aligned.length === 0 ? 0 : Math.min(...aligned.map((hop) => hop.startedAtMs));
  const endedAtMs = aligned.length === 0 ? 0 : Math.max(...aligned.map((hop) => hop.startedAtMs + hop.costMs));
  const { text, failed, entrance } = requestVerdict(aligned, waitedMs);
  return {
    verdict: text,
    failed,
    startedAtMs: entrance?.startedAtMs ?? startedAtMs,
    costMs: entrance?.costMs ?? endedAtMs - startedAtMs,
    hops: aligned,
    edges: collectEdges(aligned),
  };
}

function join(stored: readonly StoredHop[]): JoinedHop[] {
  const told = new Map<string, StoredHop>();
  stored.forEach((hop, index) => {
    const spanId = hop.spanId || `unnamed-${index}`;
    if (!told.has(spanId)) told.set(spanId, { ...hop, spanId });
  });
  const calls = new Map<string, { call: HopCall; parent: StoredHop }>();
  for (const parent of told.values()) {
    parent.calls.forEach((call, index) => {
      const spanId = call.spanId || `${parent.spanId}-${index}`;
      if (!calls.has(spanId)) calls.set(spanId, { call: { ...call, spanId }, parent });
    });
  }
  const joined: JoinedHop[] = [];
  for (const hop of told.values()) joined.push(serverHop(hop, calls.get(hop.spanId)));
  for (const { call, parent } of calls.values()) if (!told.has(call.spanId)) joined.push(clientHop(call, parent));
  return joined;
}

function serverHop(hop: StoredHop, seen: { call: HopCall; parent: StoredHop } | undefined): JoinedHop {
  const { spanId, service, method, startedAtMs, costMs } = hop;
  const call = seen?.call;
  // The caller gave up although the callee went on: for the request it failed.
  const outcome = call && call.err !== 0 ? call : hop;
  return {
    hop: {
      spanId,
      parentSpanId: hop.parentSpanId || (seen?.parent.spanId ?? ""),
      caller: hop.caller || (seen?.parent.service ?? ""),
      service,
      method,
      address: hop.address || (call?.address ?? ""),
      attempt: call?.attempt ?? hop.attempt,
      startedAtMs,
      costMs,
      err: outcome.err,
      reason: outcome.reason,
      choice: call?.choice ?? "",
      seenBy: "server",
    },
    machine: hop.machine,
    call,
  };
}

function clientHop(call: HopCall, parent: StoredHop): JoinedHop {
  const { spanId, target: service, method, address, attempt, startedAtMs, costMs, err, reason, choice } = call;
  const rest = { service, method, address, attempt, startedAtMs, costMs, err, reason, choice };
  return {
    hop: { spanId, parentSpanId: parent.spanId, caller: parent.service, ...rest, seenBy: "client" },
    machine: parent.machine,
    call,
  };
}

function collectEdges(hops: readonly GraphHop[]): GraphEdge[] {
  const edges = new Map<string, { from: string; to: string; calls: number; failures: number; costMs: number }>();
  for (const hop of hops) {
    const key = `${hop.caller}\u0003${hop.service}`;
    const edge = edges.get(key) ?? { from: hop.caller, to: hop.service, calls: 0, failures: 0, costMs: 0 };
    edge.calls += 1;
    edge.failures += hop.err === 0 ? 0 : 1;
    edge.costMs += hop.costMs;
    edges.set(key, edge);
  }
  return [...edges.values()].map((edge) => ({ ...edge, costMs: edge.costMs / edge.calls }));
}
