/** A client process: calls at a fixed rate by name, as a program on the agent's machine makes them, and notes what became of each. */
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@msec/sdk";
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
  | { readonly kind: "start"; readonly ratePerSec: number; readonly retries: Retries }
  | { readonly kind: "stop" };

/** The default of calls, said here since the figures depend on it. */
const TIMEOUT_MS = 800;
const SETTLE_MS = 100;
const OPTIONS = {
  none: { timeoutMs: TIMEOUT_MS, idempotent: false, maxAttempts: 1 },
  safe: { timeoutMs: TIMEOUT_MS, idempotent: true },
} as const;

/** Resolves at once; the first call connects. */
export function startClient({ home }: ClientArgs): { value: number; answer(request: ClientRequest): unknown } {
  let recorder = new CallRecorder();
  let load: PacedLoad | undefined;
  const events = { onRequest: () => undefined, onCall: (attempt: Attempt) => recorder.noteAttempt(attempt) };
  const client = connect({ caller: "Chaos.client", home, events });
  const call = (text: string, retries: Retries): Promise<{ text: string }> =>
    client.call(ChaosService.methods.Echo, CHAOS_SERVICE, { text }, OPTIONS[retries]);
  const answer = async (request: ClientRequest): Promise<unknown> => {
    if (request.kind === "check") return (await call(TEXTS[0]!, "safe")).text === TEXTS[0];
    if (request.kind === "start") {
      recorder = new CallRecorder();
      const { retries, ratePerSec } = request;
      const noted = (text: string): Promise<{ text: string }> => recorder.noteCall(() => call(text, retries));
      load = new PacedLoad({ kind: "promise", call: noted }, ratePerSec);
      return 0;
    }
    const { skipped = 0 } = load?.stop() ?? {};
    await sleep(TIMEOUT_MS + SETTLE_MS); // until the last calls have ended
    return recorder.record(skipped);
  };
  return { value: process.pid, answer };
}

type Attempt = Parameters<CallRecorder["noteAttempt"]>[0];
