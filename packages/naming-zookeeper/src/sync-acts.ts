/** Carries out what was decided about one service: into ZooKeeper, or into the copy here. */
import { formatHostPort, type Logger, toAppError } from "@msec/core";
import type { NameStore, ServiceEntryInput } from "@msec/naming";
import { ZookeeperNodeInvalid } from "./errors.js";
import type { NodeIndex } from "./node-index.js";
import type { ServiceLook } from "./service-look.js";
import { digestOf, formatServiceNode } from "./service-node.js";
import type { Decision } from "./sync-decision.js";
import { ABSENT, type SyncLedger } from "./sync-ledger.js";
import { servicePath } from "./tree.js";
import type { NodeAccess } from "./wire.js";
import type { ZookeeperClient } from "./zookeeper-client.js";

/** Old agents take two writes of one millisecond for one. */
const NEXT_MILLISECOND_MS = 2;

/** Takes what an old console wrote over into the console's own tables. Throws to refuse; nothing is changed then. */
export interface TakeOver {
  /** @param keep to be called with what counts here from now on; nothing may change the name meanwhile */
  put(service: string, entry: ServiceEntryInput, keep: (entry: ServiceEntryInput) => Promise<void>): Promise<void>;
  /** A person confirmed that it is gone. `keep(undefined)` forgets the name. */
  remove(service: string, keep: (entry: ServiceEntryInput | undefined) => Promise<void>): Promise<void>;
}

const TAKE_AS_IT_IS: TakeOver = {
  put: (_, entry, keep) => keep(entry),
  remove: (_, keep) => keep(undefined),
};

export interface SyncActsOptions {
  readonly client: ZookeeperClient;
  readonly local: NameStore;
  readonly ledger: SyncLedger;
  readonly index: NodeIndex;
  readonly access: NodeAccess;
  readonly takeOver: TakeOver | undefined;
  readonly logger: Logger;
}

export class SyncActs {
  readonly #options: SyncActsOptions;
  /** Somebody changed the service meanwhile: it has to be looked at again. */
  readonly #again: (service: string) => void;

  constructor(options: SyncActsOptions, again: (service: string) => void) {
    this.#options = options;
    this.#again = again;
  }

  /** @returns why the console refused to take the change over; undefined = done */
  async carryOut(look: ServiceLook, decision: Exclude<Decision, { kind: "hold" }>): Promise<string | undefined> {
    const { service, local, remote } = look;
    const { ledger } = this.#options;
    if (decision.kind === "write") await this.#write(look);
    else if (decision.kind === "remove") await this.#remove(look);
    else if (decision.kind === "take" || decision.kind === "take removal") return this.#take(look);
    else if (decision.kind === "note") await ledger.set(service, { remote, local });
    else if (local === ABSENT) await ledger.drop(service);
    return undefined;
  }

  async #write({ service, node, ourBytes, entry, theirs, local, remote }: ServiceLook): Promise<void> {
    if (!ourBytes || !entry) return;
    const { client, ledger, access, index, logger } = this.#options;
    const path = servicePath(service);
    const base = ledger.base(service);
    if (node && base && base.remote !== remote && theirs)
      logger.warn("a change of another console is overwritten", {
        service,
        theirs: theirs.instances.map(formatHostPort),
      });
    if (node) {
      const stat = await client.write(path, ourBytes, node.stat.version);
      if (stat === "gone" || stat === "changed") return this.#again(service);
      if (stat.mtimeMs === node.stat.mtimeMs) {
        await new Promise((resolve) => setTimeout(resolve, NEXT_MILLISECOND_MS));
        await client.write(path, ourBytes, stat.version);
      }
    } else {
      await client.ensure(path.slice(0, path.lastIndexOf("/")), access);
      if ((await client.create(path, ourBytes, { access })) !== "made") return this.#again(service);
    }
    await ledger.set(service, { remote: digestOf(ourBytes), local });
    index.touch([...(theirs?.instances ?? []), ...entry.instances]);
  }

  async #remove({ service, node, theirs }: ServiceLook): Promise<void> {
    const { client, ledger, index } = this.#options;
    if (node) {
      const outcome = await client.remove(servicePath(service), node.stat.version);
      if (outcome === "changed") return this.#again(service);
      if (outcome === "has children")
        throw new ZookeeperNodeInvalid({ service, problem: "it has nodes below it and can't be removed" });
    }
    await ledger.drop(service);
    index.touch(theirs?.instances ?? []);
  }

  async #take(look: ServiceLook): Promise<string | undefined> {
    const { service, entry, theirs } = look;
    const { takeOver = TAKE_AS_IT_IS, logger } = this.#options;
    const keep = (input: ServiceEntryInput | undefined) => this.#keep(look, input);
    try {
      if (theirs) await takeOver.put(service, theirs, keep);
      else await takeOver.remove(service, keep);
    } catch (error) {
      const { code, message } = toAppError(error);
      if (code === "UNAVAILABLE") throw error;
      return message;
    }
    const instances = theirs?.instances.length ?? 0;
    logger.info("took a name over from ZooKeeper", { service, instances, before: entry?.instances.length ?? 0 });
    return undefined;
  }

  async #keep({ service, entry, remote }: ServiceLook, input: ServiceEntryInput | undefined): Promise<void> {
    const { local, ledger } = this.#options;
    if (!input) {
      await local.remove(service);
      return ledger.drop(service);
    }
    try {
      const kept = await local.put(service, input, { expectedRevision: entry?.revision ?? 0 });
      await ledger.set(service, { remote, local: digestOf(formatServiceNode(kept)) });
    } catch (error) {
      if (toAppError(error).reason !== "NAME_REVISION_CONFLICT") throw error;
      this.#again(service); // it was changed here meanwhile
    }
  }
}
