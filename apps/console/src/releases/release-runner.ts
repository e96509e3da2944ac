/**
 * Carries out one release: first every machine fetches and unpacks it (nothing that runs is touched), then one machine after
 * the other stops the old, switches and starts the new. The first failure ends it; what was not begun is skipped.
 */
import type { Release, ReleaseStatus, ReleaseTarget } from "@msec/api-schema";
import { type Clock, type Logger, parseHostPort } from "@msec/core";
import type { OrderAction, OrderProgress, OrderResult } from "@msec/protocol";
import { orderFailure } from "../orders/order-service.js";
import type { ReleaseStore, TargetPatch } from "./release-store.js";

const INSTALL_TIMEOUT_MS = 10 * 60_000;
const HEALTH_TIMEOUT_MS = 30_000;
const ACTIVATE_TIMEOUT_MS = HEALTH_TIMEOUT_MS + 60_000;
const INSTALLS_AT_ONCE = 4;

type Install = Extract<OrderAction, { op: "release.install" }>;

/** Sends an order to the machine of an address and waits for its end. */
export type SendOrder = (
  address: string,
  action: OrderAction,
  options: { readonly author: string; readonly timeoutMs: number; onProgress(progress: OrderProgress): void },
) => Promise<OrderResult>;

export interface ReleaseRunnerOptions {
  readonly store: ReleaseStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly send: SendOrder;
  /** After a machine runs a release: for its memo. */
  readonly onActivated: (address: string, release: Release, memo: string) => Promise<void>;
}

export class ReleaseRunner {
  readonly #options: ReleaseRunnerOptions;

  constructor(options: ReleaseRunnerOptions) {
    this.#options = options;
  }

  /** Runs to the end and never throws: the outcome is in the store. */
  async carryOut(release: Release, install: Install): Promise<ReleaseStatus> {
    const addresses = release.targets.map((target) => target.address);
    const installed = await this.#installAll(release, addresses, install);
    let isSound = installed;
    for (const address of addresses) {
      if (isSound) isSound = await this.#activate(release, address);
      else await this.#skip(release, address);
    }
    return this.#end(release, isSound ? "succeeded" : "failed");
  }

  /** Switches the machines that this release changed back to what ran before. */
  async rollBack(release: Release, author: string): Promise<ReleaseStatus> {
    let isSound = true;
    for (const target of release.targets) {
      if (target.status !== "succeeded" && target.status !== "rolling_back") continue;
      if (!(await this.#rollBackTarget(release, target, author))) isSound = false;
    }
    return this.#end(release, isSound ? "rolled_back" : "rollback_failed");
  }

  async #installAll(release: Release, addresses: readonly string[], install: Install): Promise<boolean> {
    const waiting = [...addresses];
    const outcomes: boolean[] = [];
    const lane = async () => {
      for (let address = waiting.shift(); address !== undefined; address = waiting.shift())
        outcomes.push(await this.#install(release, address, install));
    };
    await Promise.all(Array.from({ length: INSTALLS_AT_ONCE }, lane));
    return outcomes.every(Boolean);
  }

  async #install(release: Release, address: string, install: Install): Promise<boolean> {
    const startedAtMs = this.#options.clock.nowMs();
    const fresh: TargetPatch = { status: "installing", startedAtMs, endedAtMs: null, error: null, errorReason: null };
    await this.#set(release, address, fresh);
    return this.#attempt(release, address, async (onProgress) => {
      const { author } = release;
      await this.#options.send(address, install, { author, timeoutMs: INSTALL_TIMEOUT_MS, onProgress });
      await this.#set(release, address, { status: "waiting" });
    });
  }

  async #activate(release: Release, address: string): Promise<boolean> {
    const { releaseId, service, author } = release;
    await this.#set(release, address, { status: "starting" });
    return this.#attempt(release, address, async (onProgress) => {
      const action = this.#activation(service, releaseId, address);
      const result = await this.#options.send(address, action, { author, timeoutMs: ACTIVATE_TIMEOUT_MS, onProgress });
      await this.#set(release, address, {
        status: "succeeded",
        endedAtMs: this.#options.clock.nowMs(),
        previousReleaseId: result.previousReleaseId === "" ? null : result.previousReleaseId,
      });
      await this.#options.onActivated(address, release, release.memo);
    });
  }

  async #rollBackTarget(release: Release, target: ReleaseTarget, author: string): Promise<boolean> {
    const { address, previousReleaseId } = target;
    await this.#set(release, address, { status: "rolling_back", error: null, errorReason: null });
    if (previousReleaseId === null) {
      const error =
        "nothing ran here before this release, so there is nothing to go back to; stop the instance instead";
      await this.#fail(release, address, { error, errorReason: "REL_NOTHING_BEFORE" });
      return false;
    }
    return this.#attempt(release, address, async (onProgress) => {
      const action = this.#activation(release.service, previousReleaseId, address);
      await this.#options.send(address, action, { author, timeoutMs: ACTIVATE_TIMEOUT_MS, onProgress });
      await this.#set(release, address, { status: "rolled_back", endedAtMs: this.#options.clock.nowMs() });
      await this.#options.onActivated(address, release, "roll back");
    });
  }

  #activation(service: string, releaseId: string, address: string): OrderAction {
    const { port } = parseHostPort(address);
    return { op: "release.activate", service, releaseId, port, healthTimeoutMs: HEALTH_TIMEOUT_MS };
  }

  /** Does one thing on one machine; steps and failure go to the store. */
  async #attempt(
    release: Release,
    address: string,
    work: (onProgress: (progress: OrderProgress) => void) => Promise<void>,
  ): Promise<boolean> {
    const { store, logger } = this.#options;
    let steps = Promise.resolve();
    const onProgress = ({ atMs, step, text }: OrderProgress) => {
      steps = steps.then(() => store.addStep(release.releaseId, address, { atMs, step, text }));
    };
    try {
      await work(onProgress);
      await steps;
      return true;
    } catch (error) {
      const { text, reason } = orderFailure(error);
      await steps.catch(() => undefined);
      logger.warn("release failed on a machine", { releaseId: release.releaseId, address, reason, text });
      await this.#fail(release, address, { error: text, errorReason: reason });
      return false;
    }
  }

  async #fail(release: Release, address: string, patch: TargetPatch): Promise<void> {
    const atMs = this.#options.clock.nowMs();
    await this.#set(release, address, { status: "failed", endedAtMs: atMs, ...patch });
    await this.#options.store.addStep(release.releaseId, address, { atMs, step: "failed", text: patch.error ?? "" });
  }

  async #skip(release: Release, address: string): Promise<void> {
    const now = await this.#options.store.get(release.releaseId);
    if (now?.targets.find((target) => target.address === address)?.status !== "waiting") return;
    await this.#set(release, address, { status: "skipped", endedAtMs: this.#options.clock.nowMs() });
  }

  async #set(release: Release, address: string, patch: TargetPatch): Promise<void> {
    await this.#options.store.setTarget(release.releaseId, address, patch);
  }

  async #end(release: Release, status: ReleaseStatus): Promise<ReleaseStatus> {
    await this.#options.store.setStatus(release.releaseId, status, { endedAtMs: this.#options.clock.nowMs() });
    this.#options.logger.info("release ended", { releaseId: release.releaseId, status });
    return status;
  }
}
