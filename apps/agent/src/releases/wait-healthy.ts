/** Waits until a service that was just started serves, or says why it does not. */
import type { Clock } from "@msec/core";
import { acceptsConnection } from "../naming/prober.js";
import type { SupervisedService } from "../supervision/supervised-service.js";

const POLL_MS = 100;

export interface HealthTarget {
  readonly releaseId: string;
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** @returns why it is not healthy, or `undefined` when it is */
export async function waitHealthy(
  service: SupervisedService,
  target: HealthTarget,
  clock: Clock,
): Promise<string | undefined> {
  const untilMs = clock.monotonicMs() + target.timeoutMs;
  for (;;) {
    service.poll();
    const { phase } = service;
    if (phase.kind === "backoff" || phase.kind === "stopped") return service.text || "its process ended";
    const missing = await whatIsMissing(service, target);
    if (missing === undefined) return undefined;
    if (clock.monotonicMs() >= untilMs) return `${missing} within ${target.timeoutMs} ms`;
    await Promise.race([service.changed(), clock.sleep(POLL_MS)]);
  }
}

async function whatIsMissing(service: SupervisedService, target: HealthTarget): Promise<string | undefined> {
  const state = service.hostState;
  const { releaseId, address, port } = target;
  if (state?.state !== "running") return "it did not report that it runs";
  if (state.releaseId !== releaseId) return `it did not report release ${releaseId}`;
  const transports = state.listen.flatMap((text) => (portOf(text) === port ? [text.split("/")[1]] : []));
  if (transports.length === 0)
    return `it does not listen on port ${port} (only ${state.listen.join(", ") || "nowhere"})`;
  if (!transports.includes("tcp")) return undefined; // UDP can't be tried without knowing its protocol
  return (await acceptsConnection(address, port, 1_000)) ? undefined : `${address}:${port} did not accept a connection`;
}

/** Port of `127.0.0.2:8090/tcp`. */
function portOf(listen: string): number {
  return Number(/:(\d+)\//.exec(listen)?.[1]);
}
