/** The state of everything in one answer, worst first. */
import type { Health, RouteOutput, routes } from "@msec/api-schema";
import { type Clock, formatServiceName } from "@msec/core";
import type { MachineControl } from "../link/machine-control.js";
import { machineFacts } from "../machines/machine-facts.js";
import { PLATFORM_GROUP } from "../services/platform-services.js";
import type { ServiceService } from "../services/service-service.js";
import type { InstanceRow, ServiceRow } from "../services/service-store.js";
import { toServiceSummary } from "../services/service-views.js";
import type { TelemetryFeature } from "../telemetry/telemetry-feature.js";
import { failureRatio, joinHealth, SEVERITY } from "./call-health.js";

export type Overview = RouteOutput<(typeof routes)["overview.get"]>;
type ServiceOverview = Overview["services"][number];

export interface OverviewDeps {
  readonly services: ServiceService;
  readonly control: MachineControl;
  readonly telemetry: TelemetryFeature;
}

/** Many pages ask at once; so long the same answer is given. */
const CACHED_MS = 1_000;
const MAX_NAMED = 3;

export class OverviewService {
  readonly #deps: OverviewDeps & { readonly clock: Clock };
  #cached: { readonly untilMs: number; readonly answer: Promise<Overview> } | undefined;

  constructor(deps: OverviewDeps & { readonly clock: Clock }) {
    this.#deps = deps;
  }

  get(): Promise<Overview> {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#cached && nowMs < this.#cached.untilMs) return this.#cached.answer;
    const answer = this.#build();
    this.#cached = { untilMs: nowMs + CACHED_MS, answer };
    answer.catch(() => {
      if (this.#cached?.answer === answer) this.#cached = undefined;
    });
    return answer;
  }

  async #build(): Promise<Overview> {
    const { services, control, telemetry } = this.#deps;
    const facts = await machineFacts(control.machines).snapshot();
    const instances = groupByService(await services.allInstances());
    let callsPerSec = 0;
    let failuresPerSec = 0;
    const views = (await services.list()).map((row: ServiceRow): ServiceOverview => {
      const service = formatServiceName(row);
      const { health, healthText } = toServiceSummary(row, instances.get(service) ?? [], facts);
      const rates = telemetry.metrics.read.lastMinute(service);
      callsPerSec += rates.callsPerSec;
      failuresPerSec += rates.failuresPerSec;
      const joined = joinHealth({ health, text: healthText }, rates);
      const { callsPerSec: calls, p99Ms } = rates;
      return { service, ...joined, callsPerSec: calls, failureRatio: failureRatio(rates), p99Ms };
    });
    const machines = await control.machines.list();
    const machinesOnline = machines.filter((machine) => machine.state === "online").length;
    const away = machines.filter((machine) => machine.state !== "online").map((machine) => machine.name);
    return {
      ...overallHealth(views, away),
      callsPerSec,
      failuresPerSec,
      machinesOnline,
      machinesAway: away.length,
      runningReleases: await runningReleases(control),
      services: views.sort(worstFirst),
    };
  }
}

function worstFirst(a: ServiceOverview, b: ServiceOverview): number {
  const byHealth = SEVERITY[a.health] - SEVERITY[b.health];
  return (
    byHealth || b.failureRatio - a.failureRatio || b.callsPerSec - a.callsPerSec || (a.service < b.service ? -1 : 1)
  );
}

/** The whole is as bad as its worst part; a machine that is away makes it degraded. */
export function overallHealth(
  services: readonly Pick<ServiceOverview, "service" | "health">[],
  machinesAway: readonly string[],
): { health: Health; text: string } {
  const failing = services.filter((service) => service.health === "failing").map((each) => each.service);
  const degraded = services.filter((service) => service.health === "degraded").map((each) => each.service);
  const parts: string[] = [];
  if (failing.length > 0) parts.push(`failing: ${named(failing)}`);
  if (degraded.length > 0) parts.push(`degraded: ${named(degraded)}`);
  if (machinesAway.length > 0) parts.push(`machines away: ${named(machinesAway)}`);
  if (parts.length > 0) return { health: failing.length > 0 ? "failing" : "degraded", text: parts.join("; ") };
  if (services.some(({ service, health }) => health === "well" && !isPlatform(service)))
    return { health: "well", text: "all well" };
  return { health: "unknown", text: "no service is in traffic yet" };
}

/** The console itself answers these: they say nothing about what runs on it. */
function isPlatform(service: string): boolean {
  return service.startsWith(`${PLATFORM_GROUP}.`);
}

function named(names: readonly string[]): string {
  const rest = names.length - MAX_NAMED;
  return names.slice(0, MAX_NAMED).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

async function runningReleases({ releases }: MachineControl): Promise<string[]> {
  const ids: string[] = [];
  for (const status of ["running", "rolling_back"] as const)
    for (const release of await releases.list({ status, limit: 100 })) ids.push(release.releaseId);
  return ids;
}

function groupByService(instances: readonly InstanceRow[]): Map<string, InstanceRow[]> {
  const groups = new Map<string, InstanceRow[]>();
  for (const instance of instances) {
    const service = formatServiceName(instance);
    const group = groups.get(service);
    if (group) group.push(instance);
    else groups.set(service, [instance]);
  }
  return groups;
}
