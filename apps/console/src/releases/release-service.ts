/** Plans, starts and rolls back releases. One release of a service is under way at a time. */
import type { Release, ReleaseStatus, ReleaseTarget } from "@msec/api-schema";
import {
  type Clock,
  formatHostPort,
  formatServiceName,
  type Logger,
  parseHostPort,
  parseServiceName,
  type ServiceName,
} from "@msec/core";
import type { OrderAction } from "@msec/protocol";
import type { Database } from "../database/database.js";
import { AgentAway } from "../link/errors.js";
import type { MachineRow } from "../machines/machine-store.js";
import type { ServiceService } from "../services/service-service.js";
import type { VersionKey, VersionRow } from "../versions/version-store.js";
import {
  ReleaseAlreadyRunning,
  ReleaseKindUnfit,
  ReleaseMachineMissing,
  ReleaseNotFound,
  ReleaseNothingToRollBack,
  ReleaseStatusUnfit,
  ReleaseSuperseded,
  ReleaseTargetUnknown,
  ReleaseVersionMissing,
} from "./errors.js";
import type { ReleaseRunner } from "./release-runner.js";
import type { ReleaseFilter, ReleaseStore } from "./release-store.js";
import { interruptedPatch, mayRunIt } from "./target-rules.js";

export interface ReleasePlan {
  readonly name: ServiceName;
  readonly configTag: string;
  readonly pluginTag: string;
  readonly idlTag: string | null;
  readonly addresses: readonly string[];
  readonly memo: string;
  readonly author: string;
}

export interface ReleaseServiceOptions {
  readonly database: Pick<Database, "stores" | "transact">;
  readonly runner: ReleaseRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly services: Pick<ServiceService, "get" | "instances">;
  readonly machineAt: (host: string) => Promise<MachineRow | undefined>;
  readonly isOnline: (machineId: string) => boolean;
  /** Release of a service that a machine runs, by its last heartbeat; `null` = none, `undefined` = not known. */
  readonly runningRelease: (machineId: string, service: string) => string | null | undefined;
  /** Makes a version's content readable for agents and tells its hash. */
  readonly publishBlob: (version: VersionRow) => Promise<{ sha256: string; sizeBytes: number }>;
}

const UNDER_WAY = ["running", "rolling_back"] as const;
/** Releases under way that are looked at; there is one per service at most. */
const MAX_UNDER_WAY = 10_000;
const STARTABLE: readonly ReleaseStatus[] = ["ready", "failed"];
const ROLLABLE: readonly ReleaseStatus[] = ["succeeded", "failed", "rollback_failed"];
/** How a release ends that was under way when the console stopped. */
const INTERRUPTED = { running: "failed", rolling_back: "rollback_failed" } as const;

export class ReleaseService {
  readonly #options: ReleaseServiceOptions;
  readonly #store: ReleaseStore;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: ReleaseServiceOptions) {
    this.#options = options;
    this.#store = options.database.stores.releases;
  }

  async get(releaseId: string): Promise<Release> {
    const release = await this.#store.get(releaseId);
    if (!release) throw new ReleaseNotFound({ releaseId });
    return release;
  }

  list(filter: ReleaseFilter): Promise<readonly Release[]> {
    return this.#store.list(filter);
  }

  /** Checks a plan whole and stores it; nothing is sent yet. */
  async create(plan: ReleasePlan): Promise<Release> {
    const service = formatServiceName(plan.name);
    const row = await this.#options.services.get(plan.name);
    if (row.kind !== "standard") throw new ReleaseKindUnfit({ service });
    await this.#version(plan.name, "config", plan.configTag);
    await this.#version(plan.name, "plugin", plan.pluginTag);
    if (plan.idlTag !== null) await this.#version(plan.name, "idl", plan.idlTag);
    await this.refuseWhileRunning(service);
    const targets = await this.#targets(plan);
    const { configTag, pluginTag, idlTag, memo, author } = plan;
    const createdAtMs = this.#options.clock.nowMs();
    const releaseType = "complete";
    const release = { service, releaseType, configTag, pluginTag, idlTag, memo, author, createdAtMs, targets } as const;
    return this.#options.database.transact(({ releases }) => releases.add({ ...release, targets: [...targets] }));
  }

  /** Begins; the answer comes at once, the progress is in the store. A failed release may be started again. */
  async start(releaseId: string): Promise<Release> {
    const release = await this.get(releaseId);
    await this.#refuseUnfit(release, STARTABLE, "started");
    const before = new Map<string, string | null>();
    for (const target of release.targets) {
      const { machineId } = await this.#onlineMachine(target.address);
      const running = this.#options.runningRelease(machineId, release.service);
      const isKnown = running !== undefined && running !== releaseId;
      before.set(target.address, isKnown ? running : target.previousReleaseId);
    }
    const install = await this.#installAction(release);
    await this.#begin(release, "running");
    for (const [address, previousReleaseId] of before) {
      const fresh = { status: "waiting", startedAtMs: null, endedAtMs: null, error: null, errorReason: null } as const;
      await this.#store.setTarget(releaseId, address, { ...fresh, previousReleaseId });
    }
    this.#watch(release, "running", this.#options.runner.carryOut(release, install));
    return this.get(releaseId);
  }

  /**
   * Switches back the machines that run this release, or may run it. Begins as {@link start} does.
   *
   * @throws {ReleaseSuperseded} one of them runs a later release; {ReleaseNothingToRollBack}
   */
  async rollBack(releaseId: string, author: string): Promise<Release> {
    const release = await this.get(releaseId);
    await this.#refuseUnfit(release, ROLLABLE, "rolled back");
    const targets = release.targets.filter(mayRunIt);
    if (targets.length === 0) throw new ReleaseNothingToRollBack({ releaseId });
    for (const { address, previousReleaseId } of targets) {
      const { machineId } = await this.#onlineMachine(address);
      const running = this.#options.runningRelease(machineId, release.service) ?? releaseId;
      if (running !== releaseId && running !== previousReleaseId)
        throw new ReleaseSuperseded({ releaseId, address, running });
    }
    await this.#begin(release, "rolling_back");
    this.#watch(release, "rolling_back", this.#options.runner.rollBack(release, targets, author));
    return this.get(releaseId);
  }

  async remove(releaseId: string): Promise<void> {
    const { status } = await this.get(releaseId);
    if (!(await this.#store.remove(releaseId))) throw new ReleaseStatusUnfit({ releaseId, status, action: "removed" });
  }

  /** After a start of the console: what was under way is marked as failed, with what is known of each machine. */
  async markInterrupted(): Promise<void> {
    const endedAtMs = this.#options.clock.nowMs();
    for (const status of UNDER_WAY) {
      for (const { releaseId, targets } of await this.#store.list({ status, limit: MAX_UNDER_WAY })) {
        for (const target of targets) {
          const patch = interruptedPatch(target);
          if (patch) await this.#store.setTarget(releaseId, target.address, { ...patch, endedAtMs });
        }
        await this.#store.end(releaseId, INTERRUPTED[status], endedAtMs);
      }
    }
  }

  /** Releases under way with a target on this host. */
  async underWayOn(host: string): Promise<string[]> {
    const all = await Promise.all(UNDER_WAY.map((status) => this.#store.list({ status, limit: MAX_UNDER_WAY })));
    const touching = all.flat().filter(({ targets }) => targets.some(({ address }) => hostOf(address) === host));
    return touching.map(({ releaseId }) => releaseId);
  }

  /** Waits for what is under way; for tests and for a graceful stop. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
  }

  /** @throws {ReleaseAlreadyRunning} */
  async refuseWhileRunning(service: string): Promise<void> {
    for (const status of UNDER_WAY) {
      const [other] = await this.#store.list({ service, status, limit: 1 });
      if (other) throw new ReleaseAlreadyRunning({ service, releaseId: other.releaseId });
    }
  }

  async #refuseUnfit(release: Release, fit: readonly ReleaseStatus[], action: string): Promise<void> {
    const { releaseId, status, service } = release;
    await this.refuseWhileRunning(service);
    if (!fit.includes(status)) throw new ReleaseStatusUnfit({ releaseId, status, action });
  }

  /** The store decides who is first when several ask at once. */
  async #begin(release: Release, to: "running" | "rolling_back"): Promise<void> {
    const { releaseId } = release;
    const from = to === "running" ? STARTABLE : ROLLABLE;
    if (await this.#store.begin(releaseId, { from, to, atMs: this.#options.clock.nowMs() })) return;
    const now = await this.get(releaseId);
    const action = to === "running" ? "started" : "rolled back";
    await this.#refuseUnfit(now, from, action);
    throw new ReleaseStatusUnfit({ releaseId, status: now.status, action });
  }

  #watch({ releaseId }: Release, status: keyof typeof INTERRUPTED, work: Promise<unknown>): void {
    const watched = work
      .catch(async (error: unknown) => {
        this.#options.logger.error("release runner failed", { releaseId, error: String((error as Error).stack) });
        await this.#store.end(releaseId, INTERRUPTED[status], this.#options.clock.nowMs());
      })
      .catch((error: unknown) => {
        // The next start of the console marks it as interrupted.
        this.#options.logger.error("release can't be ended", { releaseId, error: String(error) });
      })
      .finally(() => this.#underWay.delete(watched));
    this.#underWay.add(watched);
  }

  async #targets(plan: ReleasePlan): Promise<ReleaseTarget[]> {
    const rows = await this.#options.services.instances(plan.name);
    const targets: ReleaseTarget[] = [];
    for (const address of new Set(plan.addresses)) {
      if (!rows.some((row) => formatHostPort(row) === address))
        throw new ReleaseTargetUnknown({ service: formatServiceName(plan.name), address });
      const machine = await this.#onlineMachine(address);
      targets.push({
        address,
        machineName: machine.name,
        status: "waiting",
        previousReleaseId: null,
        startedAtMs: null,
        endedAtMs: null,
        error: null,
        errorReason: null,
        steps: [],
      });
    }
    return targets;
  }

  /** @throws {ReleaseMachineMissing} {AgentAway} */
  async #onlineMachine(address: string): Promise<MachineRow> {
    const machine = await this.#options.machineAt(hostOf(address));
    if (!machine) throw new ReleaseMachineMissing({ address });
    if (!this.#options.isOnline(machine.machineId)) throw new AgentAway({ machine: `${machine.name} (${address})` });
    return machine;
  }

  async #version(name: ServiceName, kind: VersionKey["kind"], tag: string): Promise<VersionRow> {
    const version = await this.#options.database.stores.versions.find({ kind, ...name, tag });
    if (!version) throw new ReleaseVersionMissing({ service: formatServiceName(name), kind, tag });
    return version;
  }

  async #installAction(release: Release): Promise<Extract<OrderAction, { op: "release.install" }>> {
    const name = parseServiceName(release.service);
    const plugin = await this.#options.publishBlob(await this.#version(name, "plugin", release.pluginTag));
    const config = await this.#options.publishBlob(await this.#version(name, "config", release.configTag));
    return {
      op: "release.install",
      service: release.service,
      releaseId: release.releaseId,
      plugin: { ...plugin, tag: release.pluginTag },
      config: { ...config, tag: release.configTag },
    };
  }
}

function hostOf(address: string): string {
  return parseHostPort(address).host;
}
