/**
 * Tells agents what the published names are: changes to those whose position can be followed, the whole to the others. One frame per
 * agent is under way at a time, so that an agent that reads slowly costs a frame of memory and holds up nobody; changes meanwhile go
 * with its next one. What fails is repeated until it is confirmed.
 */
import { type Clock, type Logger, toAppError } from "@msec/core";
import { type NamePosition, NamePushRefused, type NamingLabels, type ResumableNameStore } from "@msec/naming";
import type { AgentHub } from "../link/agent-hub.js";
import { type EncodedFrame, PushEncoder } from "./push-encoder.js";
import { TransferSlots } from "./transfer-slots.js";

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;
/** Whole lists that are under way at a time. */
const MAX_TRANSFERS = 32;
/** Time between two rounds: grows with the number of agents, so that a stream of changes does not become a stream of frames. */
const ROUND_MS_PER_AGENT = 0.25;
const MAX_ROUND_MS = 300;

export interface NamingPusherOptions {
  readonly store: ResumableNameStore;
  readonly hub: Pick<AgentHub, "requestEncoded" | "onlineAgentIds">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Labels of the machine of an agent; default: nothing is said about them. */
  localOf?(agentId: string): Promise<NamingLabels | undefined>;
}

interface AgentState {
  /** Where it said that it stands, or what it confirmed since; `undefined` = send everything. */
  position: NamePosition | undefined;
  /** True once a push or a look at the store showed that the position is of this store. */
  isConfirmed: boolean;
  /** What the next whole list takes away is meant. */
  isVouched: boolean;
  /** It has to be told its labels. */
  isRelabelled: boolean;
  isPushing: boolean;
  isBehind: boolean;
  failures: number;
  retryTimer: NodeJS.Timeout | undefined;
}

/** An agent that does not take the whole list, since it would lose most of what it has. */
export interface PushRefusal {
  readonly agentId: string;
  readonly sinceMs: number;
  readonly problem: string;
}

export class NamingPusher {
  readonly #options: NamingPusherOptions;
  readonly #encoder: PushEncoder;
  readonly #slots = new TransferSlots(MAX_TRANSFERS);
  readonly #agents = new Map<string, AgentState>();
  readonly #refusals = new Map<string, PushRefusal>();
  readonly #unsubscribe: () => void;
  readonly #waiters = new Set<() => void>();
  #roundTimer: NodeJS.Timeout | undefined;
  #isRoundDue = false;
  #isWaking = false;
  #lastRoundMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: NamingPusherOptions) {
    this.#options = options;
    this.#encoder = new PushEncoder(options.store, () => options.clock.monotonicMs());
    this.#unsubscribe = options.store.onChange(() => this.#onChange());
  }

  /** An agent connected and told where it stands. */
  onConnected(agentId: string, position: NamePosition): void {
    this.onDisconnected(agentId);
    this.#agents.set(agentId, {
      position,
      isConfirmed: false,
      isVouched: false,
      isRelabelled: this.#options.localOf !== undefined,
      isPushing: false,
      isBehind: false,
      failures: 0,
      retryTimer: undefined,
    });
    void this.#push(agentId);
  }

  onDisconnected(agentId: string): void {
    clearTimeout(this.#agents.get(agentId)?.retryTimer);
    this.#agents.delete(agentId);
    this.#refusals.delete(agentId);
    this.#wake();
  }

  /** The labels of its machine changed. */
  onLabels(agentId: string): void {
    const state = this.#agents.get(agentId);
    if (!state) return;
    state.isRelabelled = true;
    void this.#push(agentId);
  }

  /** Agents that refuse the whole list. */
  get refusals(): readonly PushRefusal[] {
    return [...this.#refusals.values()];
  }

  /** A person confirmed that the list is meant as it is: agents that refused it get it again. @returns how many */
  vouch(): number {
    const agentIds = [...this.#refusals.keys()];
    for (const agentId of agentIds) {
      const state = this.#agents.get(agentId);
      if (!state) continue;
      state.isVouched = true;
      clearTimeout(state.retryTimer);
      state.retryTimer = undefined;
      void this.#push(agentId);
    }
    this.#refusals.clear();
    return agentIds.length;
  }

  /** How many of the connected agents confirmed `revision` (or later) within the time. */
  async waitForAgents(revision: number, timeoutMs: number): Promise<{ told: number; online: number }> {
    const deadlineMs = this.#options.clock.monotonicMs() + timeoutMs;
    for (;;) {
      const count = this.#count(revision);
      const leftMs = deadlineMs - this.#options.clock.monotonicMs();
      if (count.told === count.online || leftMs <= 0) return count;
      await this.#nextConfirmation(leftMs);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    clearTimeout(this.#roundTimer);
    for (const agentId of [...this.#agents.keys()]) this.onDisconnected(agentId);
  }

  #onChange(): void {
    this.#encoder.invalidate();
    if (this.#isRoundDue) return;
    this.#isRoundDue = true;
    const paceMs = Math.min(MAX_ROUND_MS, this.#agents.size * ROUND_MS_PER_AGENT);
    const waitMs = this.#lastRoundMs + paceMs - this.#options.clock.monotonicMs();
    if (waitMs <= 0) queueMicrotask(() => this.#round());
    else this.#roundTimer = setTimeout(() => this.#round(), waitMs);
  }

  #round(): void {
    this.#isRoundDue = false;
    this.#lastRoundMs = this.#options.clock.monotonicMs();
    // An agent whose push failed has its own time.
    for (const [agentId, { retryTimer }] of this.#agents) if (retryTimer === undefined) void this.#push(agentId);
  }

  #count(revision: number): { told: number; online: number } {
    const states = this.#options.hub.onlineAgentIds().map((agentId) => this.#agents.get(agentId));
    const hasIt = (state: AgentState | undefined) => state?.isConfirmed && (state.position?.revision ?? -1) >= revision;
    return { told: states.filter(hasIt).length, online: states.length };
  }

  #nextConfirmation(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, timeoutMs);
      const waiters = this.#waiters;
      function done() {
        clearTimeout(timer);
        waiters.delete(done);
        resolve();
      }
      waiters.add(done);
    });
  }

  /** Waiters count all agents, so they are woken once for all answers that came together. */
  #wake(): void {
    if (this.#isWaking || this.#waiters.size === 0) return;
    this.#isWaking = true;
    setImmediate(() => {
      this.#isWaking = false;
      for (const wake of [...this.#waiters]) wake();
    });
  }

  async #push(agentId: string): Promise<void> {
    const state = this.#agents.get(agentId);
    if (!state) return;
    state.isBehind = true;
    if (state.isPushing) return;
    state.isPushing = true;
    const isCurrent = () => !this.#isClosed && this.#agents.get(agentId) === state;
    try {
      while (state.isBehind && isCurrent()) {
        state.isBehind = false;
        await this.#pushOnce(agentId, state, isCurrent);
      }
      state.failures = 0;
    } catch (error) {
      if (isCurrent()) this.#retryLater(agentId, state, error);
    } finally {
      state.isPushing = false;
    }
  }

  #retryLater(agentId: string, state: AgentState, error: unknown): void {
    const { reason, message, details } = toAppError(error);
    // A table that has nothing to lose refuses only parts that do not fit together.
    if (reason === NamePushRefused.reason && Number(details.kept) > 0) {
      const { sinceMs } = this.#refusals.get(agentId) ?? { sinceMs: this.#options.clock.nowMs() };
      this.#refusals.set(agentId, { agentId, sinceMs, problem: message });
    }
    this.#options.logger.warn("naming push failed", { agentId, reason, message });
    clearTimeout(state.retryTimer);
    const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(state.failures, 10));
    state.failures += 1;
    state.retryTimer = setTimeout(() => {
      state.retryTimer = undefined;
      void this.#push(agentId);
    }, waitMs);
  }

  async #pushOnce(agentId: string, state: AgentState, isCurrent: () => boolean): Promise<void> {
    const news = state.position === undefined ? "reset" : await this.#encoder.since(state.position);
    if (news === "reset") return await this.#slots.use(() => this.#sendWhole(agentId, state, isCurrent));
    state.isConfirmed = true;
    this.#wake();
    const frames = news.frames.length === 0 && state.isRelabelled ? [await this.#labelFrame(state)] : news.frames;
    try {
      for (const frame of frames) {
        if (!isCurrent()) return;
        await this.#send(agentId, state, { frame, isVouched: true });
        this.#reach(agentId, state, frame.after);
      }
    } catch (error) {
      if (toAppError(error).code !== "FAILED_PRECONDITION") throw error;
      // It does not have what the changes follow on: the whole comes at once.
      state.position = undefined;
      state.isConfirmed = false;
      state.isBehind = true;
    }
  }

  async #sendWhole(agentId: string, state: AgentState, isCurrent: () => boolean): Promise<void> {
    const { store } = this.#options;
    // Each step from a position of this store's history on was judged before it was published, or confirmed.
    const isVouched = state.isVouched || (state.position !== undefined && (await store.knows(state.position)));
    const { frames } = await this.#encoder.snapshot();
    for (const frame of frames) {
      if (!isCurrent()) return;
      await this.#send(agentId, state, { frame, isVouched });
    }
    state.isVouched = false;
    this.#refusals.delete(agentId);
    const last = frames.at(-1);
    if (last) this.#reach(agentId, state, last.after);
    state.isBehind = true; // the snapshot may be a moment old, and sending it takes time
  }

  #reach(agentId: string, state: AgentState, position: NamePosition): void {
    if (this.#agents.get(agentId) !== state) return;
    state.position = position;
    state.isConfirmed = true;
    this.#wake();
  }

  async #send(
    agentId: string,
    state: AgentState,
    { frame, isVouched }: { readonly frame: EncodedFrame; readonly isVouched: boolean },
  ): Promise<void> {
    const isRelabelled = state.isRelabelled;
    state.isRelabelled = false;
    try {
      const local = isRelabelled ? await this.#options.localOf?.(agentId) : undefined;
      const own = JSON.stringify({ ...(local && { local }), confirmedEmpty: isVouched });
      const pieces = [Buffer.from(`${own.slice(0, -1)},`), frame.rest];
      await this.#options.hub.requestEncoded(agentId, "naming.apply", pieces);
    } catch (error) {
      state.isRelabelled ||= isRelabelled;
      throw error;
    }
  }

  /** Changes nothing but the labels. */
  async #labelFrame(state: AgentState): Promise<EncodedFrame> {
    const after = state.position ?? { epoch: "", revision: 0 };
    const at = `"baseRevision":${after.revision},"revision":${after.revision},"epoch":${JSON.stringify(after.epoch)}`;
    return { after, rest: Buffer.from(`"kind":"delta",${at},"services":[],"removed":[]}`) };
  }
}
