/** What operators do about names that are held back, each with an audit entry, and how far a change has come. */
import type { HeldName, NameRefusal } from "@msec/api-schema";
import { type Clock, formatHostPort, type Logger, parseServiceName, toAppError } from "@msec/core";
import type { ServiceEntry } from "@msec/naming";
import { appendAudit } from "../audit/audit-chain.js";
import type { CapacityService } from "../capacity/capacity-service.js";
import type { Database } from "../database/database.js";
import type { ServiceService } from "../services/service-service.js";
import { NamingNotHeld } from "./errors.js";
import type { HeldChange, NamingGate } from "./naming-gate.js";
import type { NamingPusher } from "./naming-pusher.js";

export interface NamingServiceOptions {
  readonly gate: NamingGate;
  readonly pusher: NamingPusher;
  readonly capacity: Pick<CapacityService, "change">;
  readonly services: Pick<ServiceService, "instances">;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  machineName(machineId: string): Promise<string | undefined>;
}

export interface NamingConfirmation {
  readonly services: readonly string[];
  /** Of the changes as they were seen, in the same order; missing = whatever is held now. */
  readonly revisions?: readonly number[] | undefined;
  /** Machines that refuse the list are to take it. */
  readonly machines?: boolean | undefined;
}

export class NamingService {
  readonly #options: NamingServiceOptions;

  constructor(options: NamingServiceOptions) {
    this.#options = options;
  }

  held(): HeldName[] {
    return this.#options.gate.held.map(toHeldName);
  }

  /** Resolves when all that the store told so far is published or held back. */
  settled(): Promise<void> {
    return this.#options.gate.settled();
  }

  async refusals(): Promise<NameRefusal[]> {
    const { pusher, machineName } = this.#options;
    const named = pusher.refusals.map(async ({ agentId, sinceMs, problem }) => {
      return { machineId: agentId, machineName: (await machineName(agentId)) ?? agentId, why: problem, sinceMs };
    });
    return await Promise.all(named);
  }

  /** @throws {NamingNotHeld} nothing is published then */
  async confirm(chosen: NamingConfirmation, actor: string): Promise<{ confirmed: string[]; machines: number }> {
    const { gate, pusher } = this.#options;
    const changes = chosen.services.map((service, at) => {
      const held = gate.tryHeld(service);
      const revision = chosen.revisions?.[at] ?? held?.revision;
      if (held === undefined || held.revision !== revision) throw new NamingNotHeld({ service });
      return held;
    });
    const confirmed = await gate.confirm(changes);
    for (const { service, published, wanted } of confirmed)
      await this.#audit(
        actor,
        "naming.confirm",
        service,
        `published a change that was held back: ${step(published, wanted)}`,
      );
    const machines = chosen.machines === true ? pusher.vouch() : 0;
    if (machines > 0) await this.#audit(actor, "naming.confirm", "machines", `has ${machines} machines take the list`);
    return { confirmed: confirmed.map(({ service }) => service), machines };
  }

  /** @throws {NamingNotHeld} what came before it in the list is discarded then */
  async discard(services: readonly string[], actor: string): Promise<string[]> {
    for (const service of services) {
      const held = this.#options.gate.tryHeld(service);
      if (!held) throw new NamingNotHeld({ service });
      await this.#putBack(held);
      await this.#options.gate.discard(service);
      const text = `threw away a change that was held back: ${step(held.published, held.wanted)}`;
      await this.#audit(actor, "naming.discard", service, text);
    }
    return [...services];
  }

  /**
   * After a change in the store: publishes it if it is held back and the operator confirmed it, and waits until agents have it.
   *
   * @returns `held`: why it is held back
   */
  async follow(
    service: string,
    opts: { readonly isConfirmed: boolean; readonly actor: string; readonly timeoutMs: number },
  ): Promise<{ readonly held: string | undefined; readonly told: number; readonly online: number }> {
    const { gate, pusher } = this.#options;
    await gate.settled();
    if (opts.isConfirmed && gate.tryHeld(service)) await this.confirm({ services: [service] }, opts.actor);
    const held = gate.tryHeld(service);
    const agents = await pusher.waitForAgents(gate.publishedRevision(service), held ? 0 : opts.timeoutMs);
    return { held: held?.why, ...agents };
  }

  /** For the gate: a change was held back. */
  onHeld({ service, why }: HeldChange): void {
    const noted = this.#audit("console", "naming.hold", service, `held a change of names back: ${why}`);
    noted.catch((error: unknown) => {
      this.#options.logger.error("audit entry of a held change is missing", {
        service,
        why: toAppError(error).message,
      });
    });
  }

  /** Instances that are still registered go back into traffic, so that the next start does not take them away again. */
  async #putBack({ service, published }: HeldChange): Promise<void> {
    const { capacity, services } = this.#options;
    const name = parseServiceName(service);
    const rows = await services.instances(name).catch(() => []); // the service is no more, or only others know it
    const registered = new Set(rows.map(formatHostPort));
    const addresses = published.instances.map(formatHostPort).filter((address) => registered.has(address));
    if (addresses.length === 0) return;
    await capacity.change(name, { action: "expand", addresses, dryRun: false, allowEmpty: false });
  }

  async #audit(actor: string, action: string, target: string, text: string): Promise<void> {
    const { database, clock } = this.#options;
    await database.transact((stores) =>
      appendAudit(stores.audit, { atMs: clock.nowMs(), actor, action, target, text }),
    );
  }
}

function toHeldName({ service, revision, published, wanted, why, sinceMs }: HeldChange): HeldName {
  return {
    service,
    revision,
    published: published.instances.length,
    wanted: wanted?.instances.length ?? 0,
    isRemoval: wanted === undefined,
    why,
    sinceMs,
  };
}

function step(from: ServiceEntry, to: ServiceEntry | undefined): string {
  const count = (entry: ServiceEntry) => `${entry.instances.length} instances`;
  return `${count(from)} to ${to ? count(to) : "none, the name is gone"}`;
}
