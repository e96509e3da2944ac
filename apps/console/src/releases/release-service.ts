/** Plans, starts and rolls back releases. One release of a service is under way at a time. */
import type { Release, ReleaseTarget } from "@msec/api-schema";
import { type Clock, formatServiceName, type Logger, parseServiceName, type ServiceName } from "@msec/core";
import type { OrderAction } from "@msec/protocol";
import { AgentAway } from "../link/errors.js";
import type { MachineRow } from "../machines/machine-store.js";
import type { ServiceService } from "../services/service-service.js";
import type { VersionKey, VersionRow } from "../versions/version-store.js";
import {
  ReleaseAlreadyRunning,
  ReleaseKindUnfit,
  ReleaseMachineMissing,
  ReleaseNotFound,
  ReleaseStatusUnfit,
  ReleaseTargetUnknown,
  ReleaseVersionMissing,
} from "./errors.js";
import type { ReleaseRunner } from "./release-runner.js";
import type { ReleaseFilter, ReleaseStore } from "./release-store.js";

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
  readonly store: ReleaseStore;
  readonly runner: ReleaseRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly services: Pick<ServiceService, "get" | "instances">;
  readonly version: (key: VersionKey) => Promise<VersionRow | undefined>;
  readonly machineAt: (host: string) => Promise<MachineRow | undefined>;
  readonly isOnline: (machineId: string) => boolean;
  /** Makes a version's content readable for agents and tells its hash. */
  readonly publishBlob: (version: VersionRow) => Promise<{ sha256: string; sizeBytes: number }>;
}

export class ReleaseService {
  readonly #options: ReleaseServiceOptions;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: ReleaseServiceOptions) {
    this.#options = options;
  }

  async get(releaseId: string): Promise<Release> {
    const release = await this.#options.store.get(releaseId);
    if (!release) throw new ReleaseNotFound({ releaseId });
    return release;
  }

  list(filter: ReleaseFilter): Promise<readonly Release[]> {
    return this.#options.store.list(filter);
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
    return this.#options.store.add({
      service,
      releaseType: "complete",
      configTag: plan.configTag,
      pluginTag: plan.pluginTag,
      idlTag: plan.idlTag,
      memo: plan.memo,
      author: plan.author,
      createdAtMs: this.#options.clock.nowMs(),
      targets,
    });
  }

  /** Begins; the answer comes at once, the progress is in the store. A failed release may be started again. */
  async start(releaseId: string): Promise<Release> {
    const release = await this.get(releaseId);
    if (release.status !== "ready" && release.status !== "failed")
      throw new ReleaseStatusUnfit({ releaseId, status: release.status, action: "started" });
    await this.refuseWhileRunning(release.service);
    for (const target of release.targets) await this.#onlineMachine(target.address);
    const install = await this.#installAction(release);
    for (const { address } of release.targets)
      await this.#options.store.setTarget(releaseId, address, { status: "waiting", error: null, errorReason: null });
    const startedAtMs = this.#options.clock.nowMs();
    await this.#options.store.setStatus(releaseId, "running", { startedAtMs, endedAtMs: null });
    this.#watch(this.#options.runner.carryOut(release, install));
    return this.get(releaseId);
  }

  async rollBack(releaseId: string, author: string): Promise<Release> {
    const release = await this.get(releaseId);
    if (!["succeeded", "failed", "rollback_failed"].includes(release.status))
      throw new ReleaseStatusUnfit({ releaseId, status: release.status, action: "rolled back" });
    await this.refuseWhileRunning(release.service);
    for (const target of release.targets) if (target.status === "succeeded") await this.#onlineMachine(target.address);
    await this.#options.store.setStatus(releaseId, "rolling_back", { endedAtMs: null });
    this.#watch(this.#options.runner.rollBack(release, author));
    return this.get(releaseId);
  }

  async remove(releaseId: string): Promise<void> {
    const release = await this.get(releaseId);
    if (release.status !== "ready")
      throw new ReleaseStatusUnfit({ releaseId, status: release.status, action: "removed" });
    await this.#options.store.remove(releaseId);
  }

  /** After a start of the console: what was under way is marked as failed, with what to do. */
  async markInterrupted(): Promise<void> {
    const endedAtMs = this.#options.clock.nowMs();
    const text =
      "the console stopped while this was under way; the machine's state is on the Instances page. Start again";
    for (const status of ["running", "rolling_back"] as const) {
      for (const release of await this.#options.store.list({ status, limit: 200 })) {
        const ended = status === "running" ? "failed" : "rollback_failed";
        for (const target of release.targets.filter((t) => isUnderWay(t.status))) {
          const patch = { status: "failed", endedAtMs, error: text, errorReason: "REL_INTERRUPTED" } as const;
          await this.#options.store.setTarget(release.releaseId, target.address, patch);
        }
        await this.#options.store.setStatus(release.releaseId, ended, { endedAtMs });
      }
    }
  }

  /** Waits for what is under way; for tests and for a graceful stop. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
  }

  #watch(work: Promise<unknown>): void {
    const watched = work
      .catch((error: unknown) => {
        this.#options.logger.error("release runner failed", { error: String((error as Error).stack) });
      })
      .finally(() => this.#underWay.delete(watched));
    this.#underWay.add(watched);
  }

  /** @throws {ReleaseAlreadyRunning} */
  async refuseWhileRunning(service: string): Promise<void> {
    for (const status of ["running", "rolling_back"] as const) {
      const [other] = await this.#options.store.list({ service, status, limit: 1 });
      if (other) throw new ReleaseAlreadyRunning({ service, releaseId: other.releaseId });
    }
  }

  async #targets(plan: ReleasePlan): Promise<ReleaseTarget[]> {
    const rows = await this.#options.services.instances(plan.name);
    const targets: ReleaseTarget[] = [];
    for (const address of new Set(plan.addresses)) {
      if (!rows.some((row) => `${row.host}:${row.port}` === address))
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
    const machine = await this.#options.machineAt(address.split(":")[0] ?? "");
    if (!machine) throw new ReleaseMachineMissing({ address });
    if (!this.#options.isOnline(machine.machineId)) throw new AgentAway({ machine: `${machine.name} (${address})` });
    return machine;
  }

  async #version(name: ServiceName, kind: VersionKey["kind"], tag: string): Promise<VersionRow> {
    const version = await this.#options.version({ kind, ...name, tag });
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

function isUnderWay(status: ReleaseTarget["status"]): boolean {
  return status === "installing" || status === "starting" || status === "rolling_back" || status === "waiting";
}
