/**
 * Carries out one release: first every machine fetches and unpacks it (nothing that runs is touched), then one machine after
 * the other stops the old, switches and starts the new. The first failure ends it; what was not begun is skipped.
 */
import type { Release, ReleaseStatus, ReleaseTarget } from "@msec/api-schema";
import { type Clock, type Logger, parseHostPort, toAppError } from "@msec/core";
import type { OrderAction, OrderProgress, OrderResult } from "@msec/protocol";
import { isUnsure, orderFailure } from "../orders/order-service.js";
import { ReleaseNothingBefore, ReleaseOutcomeUnknown } from "./errors.js";
import type { ReleaseStore, TargetPatch } from "./release-store.js";

const INSTALL_TIMEOUT_MS = 10 * 60_000;
const HEALTH_TIMEOUT_MS = 30_000;
const ACTIVATE_TIMEOUT_MS = HEALTH_TIMEOUT_MS + 60_000;
const INSTALLS_AT_ONCE = 4;
/** Steps that are kept of one order; an agent that tells more is not heard. */
const MAX_STEPS = 500;

type Install = Extract<OrderAction, { op: "release.install" }>;
type TellProgress = (progress: OrderProgress) => void;

/** Sends an order to the machine of an address and waits for its end. */
export type SendOrder = (
  address: string,
  action: OrderAction,
  options: { readonly author: string; readonly timeoutMs: number; onProgress: TellProgress },
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

  /** Runs to the end; the outcome is in the store. @throws only when the store fails */
  async carryOut(release: Release, install: Install): Promise<ReleaseStatus> {
    const addresses = release.targets.map((target) => target.address);
    let isSound = await this.#installAll(release, addresses, install);
    for (const address of addresses) {
      if (isSound) isSound = await this.#activate(release, address);
      else await this.#skip(release, address);
    }
    return this.#end(release, isSound ? "succeeded" : "failed");
  }

  /** Switches these targets of a release back to what ran before. @throws only when the store fails */
  async rollBack(release: Release, targets: readonly ReleaseTarget[], author: string): Promise<ReleaseStatus> {
    let isSound = true;
    for (const target of targets) if (!(await this.#rollBackTarget(release, target, author))) isSound = false;
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
    await this.#set(release, address, { status: "installing", startedAtMs });
    const result = await this.#attempt(release, address, (onProgress) =>
      this.#options.send(address, install, { author: release.author, timeoutMs: INSTALL_TIMEOUT_MS, onProgress }),
    );
    if (result instanceof Error) return this.#fail(release, address, { status: "failed", error: result });
    await this.#set(release, address, { status: "waiting" });
    return true;
  }

  async #activate(release: Release, address: string): Promise<boolean> {
    await this.#set(release, address, { status: "starting" });
    const result = await this.#switchTo(release, address, { releaseId: release.releaseId, author: release.author });
    if (result instanceof Error) return this.#fail(release, address, { status: "failed", error: result });
    const before = result.previousReleaseId;
    await this.#set(release, address, {
      status: "succeeded",
      endedAtMs: this.#options.clock.nowMs(),
      // A machine that ran this release already tells it as its predecessor; what is stored says more then.
      ...(before !== release.releaseId && { previousReleaseId: before === "" ? null : before }),
    });
    await this.#tellActivated(release, address, release.memo);
    return true;
  }

  async #rollBackTarget(release: Release, target: ReleaseTarget, author: string): Promise<boolean> {
    const { address, previousReleaseId } = target;
    const status = "rollback_failed";
    if (previousReleaseId === null)
      return this.#fail(release, address, { status, error: new ReleaseNothingBefore({ address }) });
    await this.#set(release, address, { status: "rolling_back", error: null, errorReason: null });
    const result = await this.#switchTo(release, address, { releaseId: previousReleaseId, author });
    if (result instanceof Error) return this.#fail(release, address, { status, error: result });
    await this.#set(release, address, { status: "rolled_back", endedAtMs: this.#options.clock.nowMs() });
    await this.#tellActivated(release, address, "roll back");
    return true;
  }

  async #switchTo(
    release: Release,
    address: string,
    { releaseId, author }: { readonly releaseId: string; readonly author: string },
  ): Promise<OrderResult | Error> {
    const { port } = parseHostPort(address);
    const { service } = release;
    const action: OrderAction = {
      op: "release.activate",
      service,
      releaseId,
      port,
      healthTimeoutMs: HEALTH_TIMEOUT_MS,
    };
    const result = await this.#attempt(release, address, (onProgress) =>
      this.#options.send(address, action, { author, timeoutMs: ACTIVATE_TIMEOUT_MS, onProgress }),
    );
    if (!isUnsure(result)) return result;
    return new ReleaseOutcomeUnknown({ address, text: toAppError(result).message }, { cause: result });
  }

  /** Has one order carried out on one machine; its steps go to the store. A failure is given back. */
  async #attempt(
    release: Release,
    address: string,
    order: (onProgress: TellProgress) => Promise<OrderResult>,
  ): Promise<OrderResult | Error> {
    const { store, logger } = this.#options;
    let steps = Promise.resolve();
    let count = 0;
    const onProgress: TellProgress = ({ atMs, step, text }) => {
      if (++count > MAX_STEPS) return;
      steps = steps
        .then(() => store.addStep(release.releaseId, address, { atMs, step, text }))
        .catch((error: unknown) => logger.warn("release step not kept", { address, why: String(error) }));
    };
    try {
      return await order(onProgress);
    } catch (error) {
      return toAppError(error);
    } finally {
      await steps;
    }
  }

  async #fail(
    release: Release,
    address: string,
    { status, error }: { readonly status: "failed" | "rollback_failed"; readonly error: Error },
  ): Promise<false> {
    const { text, reason } = orderFailure(error);
    const { releaseId } = release;
    this.#options.logger.warn("release failed on a machine", { releaseId, address, reason, text });
    const atMs = this.#options.clock.nowMs();
    await this.#set(release, address, { status, endedAtMs: atMs, error: text, errorReason: reason });
    await this.#options.store.addStep(releaseId, address, { atMs, step: "failed", text });
    return false;
  }

  async #skip(release: Release, address: string): Promise<void> {
    const now = await this.#options.store.get(release.releaseId);
    if (now?.targets.find((target) => target.address === address)?.status !== "waiting") return;
    await this.#set(release, address, { status: "skipped", endedAtMs: this.#options.clock.nowMs() });
  }

  /** The memo is a courtesy: the machine runs the release whether it is kept or not. */
  async #tellActivated(release: Release, address: string, memo: string): Promise<void> {
    try {
      await this.#options.onActivated(address, release, memo);
    } catch (error) {
      this.#options.logger.warn("release memo not kept", { address, why: String(error) });
    }
  }

  async #set(release: Release, address: string, patch: TargetPatch): Promise<void> {
    await this.#options.store.setTarget(release.releaseId, address, patch);
  }

  async #end(release: Release, status: ReleaseStatus): Promise<ReleaseStatus> {
    await this.#options.store.end(release.releaseId, status, this.#options.clock.nowMs());
    this.#options.logger.info("release ended", { releaseId: release.releaseId, status });
    return status;
  }
}
