/** A client process: calls at a fixed rate by name, as a program on the agent's machine makes them, and notes what became of each. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { connect } from "@msec/sdk";
import { waitUntil } from "@msec/testkit";
import { TEXTS } from "../rpc/echo-message.js";
import { PacedLoad } from "../rpc/paced-load.js";
import { CallRecorder } from "./call-record.js";
import { CHAOS_SERVICE, ChaosService } from "./chaos-service.js";

/** `none`: one attempt per call. `safe`: the method may be repeated without harm, and the client is left to do so. */
export type Retries = "none" | "safe";

export interface ClientArgs {
  /** Of the agent. */
  readonly home: string;
}

export type ClientRequest =
  | { readonly kind: "check" }
  | { readonly kind: "start"; readonly load: Load }
  | { readonly kind: "stop" };

export interface Load {
  readonly ratePerSec: number;
  readonly retries: Retries;
  /** Default 800, as for all calls. */
  readonly timeoutMs?: number;
}

/** Said here since the figures depend on it. */
const TIMEOUT_MS = 800;
const LAST_ANSWER_MS = 30_000;
const LATENESS_STEP_MS = 10;
const OPTIONS = { none: { idempotent: false, maxAttempts: 1 }, safe: { idempotent: true } } as const;

/** Resolves at once; the first call connects. */
export function startClient({ home }: ClientArgs): { value: number; answer(request: ClientRequest): unknown } {
  let recorder = new CallRecorder();
  let load: PacedLoad | undefined;
  const lateness = monitorEventLoopDelay({ resolution: LATENESS_STEP_MS });
  lateness.enable();
  const events = { onRequest: () => undefined, onCall: (attempt: Attempt) => recorder.noteAttempt(attempt) };
  const client = connect({ caller: "Chaos.client", home, events });
  const call = (text: string, { retries, timeoutMs = TIMEOUT_MS }: Pick<Load, "retries" | "timeoutMs">) =>
    client.call(ChaosService.methods.Echo, CHAOS_SERVICE, { text }, { ...OPTIONS[retries], timeoutMs });
  const answer = async (request: ClientRequest): Promise<unknown> => {
    if (request.kind === "check") return (await call(TEXTS[0]!, { retries: "safe" })).text === TEXTS[0];
    if (request.kind === "start") {
      recorder = new CallRecorder();
      lateness.reset();
      const noted = (text: string) => recorder.noteCall(() => call(text, request.load));
      load = new PacedLoad({ kind: "promise", call: noted }, request.load.ratePerSec);
      return 0;
    }
    const { skipped = 0 } = load?.stop() ?? {};
    await waitUntil("the last calls have ended", () => recorder.inFlight === 0, LAST_ANSWER_MS);
    return recorder.record({ skipped, lateMs: Math.round(lateness.max / 1e6) - LATENESS_STEP_MS });
  };
  return { value: process.pid, answer };
}

type Attempt = Parameters<CallRecorder["noteAttempt"]>[0];
