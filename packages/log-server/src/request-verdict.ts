/** What happened to a request, in one sentence. Pure. */
import type { GraphHop } from "./graph-hop.js";

export interface RequestVerdict {
  readonly text: string;
  readonly failed: boolean;
  /** The first hop; undefined when none is known. */
  readonly entrance: GraphHop | undefined;
}

/** How long the caller waited for an attempt, by span id; the callee's own cost may be longer. */
export type WaitedMs = ReadonlyMap<string, number>;

/** @param hops in the order of their start, parents first */
export function requestVerdict(hops: readonly GraphHop[], waitedMs: WaitedMs = new Map()): RequestVerdict {
  const spans = new Set(hops.map((hop) => hop.spanId));
  const tops = hops.filter((hop) => !spans.has(hop.parentSpanId));
  const entrance = tops.find((hop) => hop.parentSpanId === "") ?? tops[0] ?? hops[0];
  if (!entrance) {
    return { text: "no hop of this request was recorded, only its log lines are known", failed: false, entrance };
  }
  const failed = entrance.err !== 0;
  const trouble = findTrouble(hops, entrance);
  const teller = new Teller(waitedMs);
  const text = failed ? teller.failure(entrance, trouble) : teller.success(entrance, trouble, hops);
  return { text, failed, entrance };
}

/** Attempts of the one call that went wrong deepest below `entrance`, in the order of their start. */
function findTrouble(hops: readonly GraphHop[], entrance: GraphHop): readonly GraphHop[] {
  let trouble: readonly GraphHop[] = [];
  const visited = new Set<string>();
  for (let at: GraphHop | undefined = entrance; at && !visited.has(at.spanId); ) {
    visited.add(at.spanId);
    const { spanId } = at;
    const children = hops.filter((hop) => hop.parentSpanId === spanId && hop.spanId !== spanId);
    const culprit = lastTrouble(children);
    if (!culprit) break;
    trouble = children.filter((hop) => isSameCall(hop, culprit));
    at = trouble.findLast((hop) => hop.err !== 0);
  }
  return trouble;
}

/** A call that no attempt answered counts more than one that was saved by a retry; then the later one. */
function lastTrouble(children: readonly GraphHop[]): GraphHop | undefined {
  const failed = children.filter((hop) => hop.err !== 0);
  const isLost = (hop: GraphHop): boolean => !children.some((other) => other.err === 0 && isSameCall(other, hop));
  return failed.findLast(isLost) ?? failed.at(-1);
}

function isSameCall(a: GraphHop, b: GraphHop): boolean {
  return a.service === b.service && a.method === b.method;
}

class Teller {
  readonly #waitedMs: WaitedMs;

  constructor(waitedMs: WaitedMs) {
    this.#waitedMs = waitedMs;
  }

  failure(entrance: GraphHop, trouble: readonly GraphHop[]): string {
    const failures = trouble.filter((hop) => hop.err !== 0);
    const [first] = failures;
    const last = failures.at(-1);
    if (!first || !last) return this.#attempt(entrance, `${entrance.service} ${entrance.method}`);
    const isSaved = trouble.some((hop) => hop.err === 0);
    const parts = [this.#attempt(first, first.service)];
    const own = `${entrance.service} ${entrance.method} failed after ${duration(entrance.costMs)}`;
    if (isSaved) parts.push(`retried ${times(trouble.length - 1)}, then answered`);
    else if (failures.length > 1)
      parts.push(`retried ${times(failures.length - 1)}, failed${this.#again(first, last)}`);
    return `${parts.join(", ")}; ${own}${reasonOf(entrance, last)}`;
  }

  success(entrance: GraphHop, trouble: readonly GraphHop[], hops: readonly GraphHop[]): string {
    const own = `${entrance.service} ${entrance.method} answered in ${duration(entrance.costMs)}`;
    const first = trouble.find((hop) => hop.err !== 0);
    if (!first) return own + callsOf(entrance, hops);
    const answer = trouble.findLast((hop) => hop.err === 0);
    const rest = answer
      ? `, retried ${times(trouble.length - 1)}, then answered${at(answer)}`
      : trouble.length > 1
        ? `, retried ${times(trouble.length - 1)}, failed`
        : "";
    return `${own}, although ${this.#attempt(first, first.service)}${rest}`;
  }

  /** "VOA.Crawl timed out after 800 ms at 127.0.0.3:8091" */
  #attempt(hop: GraphHop, name: string): string {
    return `${name} ${this.#action(hop)}`;
  }

  #again(first: GraphHop, last: GraphHop): string {
    if (first.reason === last.reason && first.err === last.err) return "";
    return `: ${this.#action(last)}`;
  }

  #action(hop: GraphHop): string {
    const waited = duration(this.#waitedMs.get(hop.spanId) ?? hop.costMs);
    const { err, reason } = hop;
    if (err === -10 || /TIMEOUT|DEADLINE/.test(reason)) return `timed out after ${waited}${at(hop)}`;
    if (/NO_.*INSTANCE|SERVICE_UNKNOWN|SERVICE_EMPTY/.test(reason))
      return `has no instance that can be called (${reason})`;
    if (/OVERLOAD/.test(reason)) return `refused the work${at(hop)}, it was overloaded`;
    if (/SHUTTING_DOWN/.test(reason)) return `refused the work${at(hop)}, it was stopping`;
    if (/^NET_|REFUSED|UNREACHABLE/.test(reason)) return `could not be reached${at(hop)} (${reason})`;
    if (/CANCELLED|PEER_LOST/.test(reason)) return `was cancelled after ${waited}${at(hop)}`;
    return `failed after ${waited}${at(hop)} with ${reason === "" ? `error ${err}` : `${reason} (${err})`}`;
  }
}

function at(hop: GraphHop): string {
  return hop.address === "" ? "" : ` at ${hop.address}`;
}

/** Told when the entrance ended with something else than the call that went wrong. */
function reasonOf(entrance: GraphHop, culprit: GraphHop): string {
  return entrance.reason === "" || entrance.reason === culprit.reason ? "" : ` with ${entrance.reason}`;
}

function callsOf(entrance: GraphHop, hops: readonly GraphHop[]): string {
  const calls = hops.filter((hop) => hop.spanId !== entrance.spanId);
  if (calls.length === 0) return "";
  const services = new Set(calls.map((hop) => hop.service)).size;
  return `; ${calls.length} ${calls.length === 1 ? "call" : "calls"} to ${services} ${services === 1 ? "service" : "services"}`;
}

function times(count: number): string {
  if (count === 1) return "once";
  return count === 2 ? "twice" : `${count} times`;
}

/** `0.4 ms`, `12 ms`, `1,604 ms`, `12.3 s`. */
function duration(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  return `${String(Math.round(ms)).replace(/(\d)(?=\d{3}$)/, "$1,")} ms`;
}
