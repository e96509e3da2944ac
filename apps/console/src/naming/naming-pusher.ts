/**
 * Tells agents what the name store holds: changes to those that are a little behind, the whole to the others.
 * One push per agent is under way at a time; changes meanwhile go with the next one. Pushes are repeated until confirmed.
 */
import { type Clock, type Logger, toAppError } from "@msec/core";
import type { NameStore } from "@msec/naming";
import type { NamingApply } from "@msec/protocol";
import type { AgentHub } from "../link/agent-hub.js";

const RETRY_AFTER_MS = 2_000;

export interface NamingPusherOptions {
  readonly store: NameStore;
  readonly hub: Pick<AgentHub, "request" | "isOnline" | "onlineAgentIds">;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface AgentState {
  /** What the agent confirmed; `undefined` = send everything. */
  revision: number | undefined;
  isPushing: boolean;
  isBehind: boolean;
  retryTimer: NodeJS.Timeout | undefined;
}

export class NamingPusher {
  readonly #options: NamingPusherOptions;
  readonly #agents = new Map<string, AgentState>();
  readonly #unsubscribe: () => void;
  readonly #waiters = new Set<() => void>();
  #isClosed = false;

  constructor(options: NamingPusherOptions) {
    this.#options = options;
    this.#unsubscribe = options.store.onChange(() => {
      for (const agentId of options.hub.onlineAgentIds()) void this.#push(agentId);
    });
  }

  /** An agent connected and told what it has. */
  onConnected(agentId: string, revision: number): void {
    this.onDisconnected(agentId);
    this.#agents.set(agentId, { revision, isPushing: false, isBehind: false, retryTimer: undefined });
    void this.#push(agentId);
  }

  onDisconnected(agentId: string): void {
    clearTimeout(this.#agents.get(agentId)?.retryTimer);
    this.#agents.delete(agentId);
    this.#wake();
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
    for (const agentId of [...this.#agents.keys()]) this.onDisconnected(agentId);
  }

  #count(revision: number): { told: number; online: number } {
    const states = this.#options.hub.onlineAgentIds().map((agentId) => this.#agents.get(agentId)?.revision ?? 0);
    return { told: states.filter((known) => known >= revision).length, online: states.length };
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

  #wake(): void {
    for (const wake of [...this.#waiters]) wake();
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
        await this.#pushOnce(agentId, state);
      }
    } catch (error) {
      const { reason, message } = toAppError(error);
      state.revision = undefined;
      if (!isCurrent()) return;
      this.#options.logger.warn("naming push failed", { agentId, reason, message });
      clearTimeout(state.retryTimer);
      state.retryTimer = setTimeout(() => void this.#push(agentId), RETRY_AFTER_MS);
    } finally {
      state.isPushing = false;
    }
  }

  async #pushOnce(agentId: string, state: AgentState): Promise<void> {
    const message = await this.#message(state.revision);
    if (!message) return;
    try {
      const { revision } = await this.#options.hub.request(agentId, "naming.apply", message);
      state.revision = revision;
      this.#wake();
    } catch (error) {
      if (message.kind === "snapshot" || toAppError(error).code !== "FAILED_PRECONDITION") throw error;
      // It does not have what the delta follows on: the whole comes at once.
      state.revision = undefined;
      state.isBehind = true;
    }
  }

  async #message(known: number | undefined): Promise<NamingApply | undefined> {
    const { store } = this.#options;
    const deltas = known === undefined ? "reset" : await store.changesSince(known);
    if (deltas === "reset") {
      const { revision, services } = await store.snapshot();
      const confirmedEmpty = services.length === 0 && revision > 0;
      return { kind: "snapshot", baseRevision: 0, revision, services: copy(services), removed: [], confirmedEmpty };
    }
    const last = deltas.at(-1);
    if (!last) return undefined;
    return {
      kind: "delta",
      baseRevision: known ?? 0,
      revision: last.revision,
      services: copy(deltas.flatMap((delta) => (delta.kind === "put" ? [delta.entry] : []))),
      removed: deltas.flatMap((delta) => (delta.kind === "remove" ? [delta.service] : [])),
      confirmedEmpty: false,
    };
  }
}

type Services = NamingApply["services"];
function copy(
  services: readonly Readonly<
    Omit<Services[number], "instances"> & { instances: readonly Services[number]["instances"][number][] }
  >[],
): Services {
  return services.map((service) => ({ ...service, instances: [...service.instances] }));
}
