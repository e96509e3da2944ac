/** Child process of the RPC benchmark: `server <peer>` or `client <peer> <port>`, steered by messages of the parent. */

import { TEXT } from "./rpc-message.js";
import { type EchoCall, openCaller, type PeerName, serve } from "./rpc-peers.js";

export type ChildRequest =
  | { readonly kind: "cpu" }
  | { readonly kind: "check"; readonly calls: number }
  | { readonly kind: "run"; readonly inFlight: number; readonly durationMs: number };

export interface RunResult {
  readonly calls: number;
  readonly elapsedMs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUs: number;
}

const MAX_SAMPLES = 2_000_000;
const samples = new Float64Array(MAX_SAMPLES);

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Each answer must be its own request: a fast wrong answer is not a result. */
async function check(call: EchoCall, calls: number): Promise<true> {
  const one = (i: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const text = `${i} ${TEXT}`;
      call(text, (error, answer) => {
        if (error === undefined && answer === text) resolve();
        else reject(error ?? new Error(`asked ${text}, got ${answer}`));
      });
    });
  await Promise.all(Array.from({ length: calls }, (_, i) => one(i)));
  return true;
}

function run(call: EchoCall, inFlight: number, durationMs: number): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    let calls = 0;
    let running = inFlight;
    const cpuBefore = cpuUs();
    const startedMs = performance.now();
    const endMs = startedMs + durationMs;
    const next = (): void => {
      const sentMs = performance.now();
      call(TEXT, (error, answer) => {
        if (error !== undefined || answer !== TEXT) {
          reject(error ?? new Error("wrong answer"));
          return;
        }
        const nowMs = performance.now();
        samples[calls % MAX_SAMPLES] = nowMs - sentMs;
        calls++;
        if (nowMs < endMs) next();
        else if (--running === 0) resolve(summary(calls, nowMs - startedMs, cpuUs() - cpuBefore));
      });
    };
    for (let i = 0; i < inFlight; i++) next();
  });
}

function summary(calls: number, elapsedMs: number, usedUs: number): RunResult {
  const sorted = samples.slice(0, Math.min(calls, MAX_SAMPLES)).sort();
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)]! * 1000);
  return { calls, elapsedMs, p50Us: at(0.5), p99Us: at(0.99), cpuUs: usedUs };
}

async function answer(call: EchoCall | undefined, request: ChildRequest): Promise<unknown> {
  if (request.kind === "cpu") return cpuUs();
  if (call === undefined) throw new Error("only clients make calls");
  if (request.kind === "check") return check(call, request.calls);
  return run(call, request.inFlight, request.durationMs);
}

const [role, peer, port] = process.argv.slice(2);
const call = role === "client" ? openCaller(peer as PeerName, Number(port)) : undefined;
process.on("message", (request: ChildRequest) => {
  answer(call, request).then(
    (value) => process.send?.({ value }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({ value: role === "server" ? await serve(peer as PeerName) : 0 });
