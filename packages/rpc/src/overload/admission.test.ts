import { type LogFields, silentLogger } from "@msec/core";
import { describe, expect, it } from "vitest";
import { Admission, type AdmissionSubject, type WorkerLoad } from "./admission.js";
import { createMethodLatency } from "./concurrency-limit.js";

let nowMs = 0;
const clock = { nowMs: () => 0, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
const warnings: (readonly [string, LogFields | undefined])[] = [];
const logger = { ...silentLogger, warn: (msg: string, fields?: LogFields) => void warnings.push([msg, fields]) };
const METHOD = createMethodLatency();
const IDLE: WorkerLoad = { inFlight: 0, queued: 0 };

function subject(facts: Partial<AdmissionSubject> = {}): AdmissionSubject {
  const base = { method: "a.B.C", priority: 64, userHash: 1, arrivedMs: 1_000, startedMs: 1_000 };
  return { ...base, deadlineMs: Number.POSITIVE_INFINITY, refusedBy: "", ...facts };
}

function create(facts: { maxInFlight?: number; maxQueueMs?: number; maxQueueDelayMs?: number } = {}): Admission {
  return new Admission({ maxInFlight: 100, maxQueueMs: 800, maxQueueDelayMs: 0, logger, ...facts, clock });
}

describe("Admission", () => {
  it.each([
    { what: "at once", request: {}, want: undefined, cause: "" },
    { what: "with time left", request: { deadlineMs: 1_001 }, want: undefined, cause: "" },
    { what: "past its deadline", request: { deadlineMs: 1_000 }, want: "RPC_DEADLINE_PASSED", cause: "deadline" },
    { what: "after 800 ms", request: { startedMs: 1_800 }, want: undefined, cause: "" },
    { what: "after 801 ms", request: { startedMs: 1_801 }, want: "RPC_QUEUED_TOO_LONG", cause: "msg_timeout" },
    { what: "99 under way", load: { inFlight: 90, queued: 9 }, want: undefined, cause: "" },
    { what: "100 under way", load: { inFlight: 90, queued: 10 }, want: "RPC_OVERLOADED", cause: "full" },
  ])("$what: $want", ({ request, load, want, cause }) => {
    const asked = subject(request);
    expect(create().refusal(asked, load ?? IDLE, METHOD)?.reason).toBe(want);
    expect(asked.refusedBy).toBe(cause);
  });

  it("never refuses for the wait when msg_timeout is 0", () => {
    const asked = subject({ startedMs: 1_000_000 });
    expect(create({ maxQueueMs: 0 }).refusal(asked, IDLE, METHOD)).toBeUndefined();
  });

  it("says in words what is the matter", () => {
    const error = create({ maxInFlight: 1 }).refusal(subject(), { inFlight: 1, queued: 0 }, METHOD);
    expect(error?.message).toBe(
      "this instance is overloaded: 1 requests are under way, no more are allowed; the request was not started, send it to another one, or again in a second",
    );
  });

  it("writes one line in 10 s for each cause, with the number of all", () => {
    warnings.length = 0;
    const admission = create({ maxInFlight: 1 });
    for (let startedMs = 1_000; startedMs <= 12_000; startedMs++) {
      const arrivedMs = startedMs > 11_000 ? 0 : startedMs;
      admission.refusal(subject({ arrivedMs, startedMs }), { inFlight: 1, queued: 0 }, METHOD);
    }
    const msg = "requests are refused, the worker is overloaded";
    expect(warnings).toEqual([
      [msg, { cause: "full", method: "a.B.C", count: 1 }],
      [msg, { cause: "full", method: "a.B.C", count: 10_001 }],
      [msg, { cause: "msg_timeout", method: "a.B.C", count: 1 }],
    ]);
  });

  it("refuses by latency what comes on top of many slow requests", () => {
    const admission = create({ maxInFlight: 10_000, maxQueueDelayMs: 1_000_000 });
    const latency = admission.addMethod();
    const before = new Set<string>();
    const after = new Set<string>();
    for (let window = 0; window < 100; window++) {
      nowMs = window * 101;
      for (let n = 0; n < 100; n++) {
        const asked = subject({ arrivedMs: nowMs, startedMs: nowMs });
        admission.refusal(asked, { inFlight: window < 10 ? 100 : 3_000, queued: 0 }, latency);
        admission.noteStart(0);
        admission.noteLatency(latency, window < 10 ? 10 : 300);
        (window < 10 ? before : after).add(asked.refusedBy);
      }
    }
    admission.stop();
    expect([...before]).toEqual([""]);
    expect(after).toContain("limit");
    expect(after).toContain("");
  });
});
