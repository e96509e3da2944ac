/** Changes to services and instances that are there. Each is published at once, so that machines follow. */
import type { ServiceSettings } from "@msec/api-schema";
import { type Clock, formatServiceName, type ServiceName } from "@msec/core";
import { checkTuning, type NamingLabels } from "@msec/naming";
import { appendAudit } from "../audit/audit-chain.js";
import { describeChange } from "../audit/describe-change.js";
import type { Database } from "../database/database.js";
import { type Actor, actorName } from "../http/route-handlers.js";
import { refuseLabels } from "./service-rules.js";
import { findInstance, findService } from "./service-service.js";
import type { InstanceRow, ServiceRow } from "./service-store.js";
import type { TransportName } from "./service-tables.js";

export interface ServiceEdit extends Partial<ServiceSettings> {
  readonly memo?: string;
}

export interface InstanceEdit {
  readonly transport?: TransportName;
  readonly weight?: number;
  readonly labels?: Partial<NamingLabels>;
}

export interface ServiceEditorOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Writes a service to the name store. */
  readonly publish: (name: ServiceName) => Promise<void>;
}

export class ServiceEditor {
  readonly #options: ServiceEditorOptions;

  constructor(options: ServiceEditorOptions) {
    this.#options = options;
  }

  /** @throws {ServiceUnknown} NAME_ENTRY_INVALID */
  async service(actor: Actor, name: ServiceName, { memo, ...edit }: ServiceEdit): Promise<ServiceRow> {
    checkTuning(edit.tuning);
    const { database, publish } = this.#options;
    const changed = await database.transact(async (stores) => {
      const old = await findService(stores, name);
      const row = { ...old, memo: memo ?? old.memo, settings: { ...old.settings, ...edit } };
      await stores.services.updateService(name.first, name.second, { memo: row.memo, settings: row.settings });
      const text = describeChange({ memo: old.memo, ...old.settings }, { memo: row.memo, ...row.settings });
      await appendAudit(stores.audit, this.#entry(actor, "service.update", { target: formatServiceName(name), text }));
      return row;
    });
    await publish(name);
    return changed;
  }

  /** @throws {ServiceUnknown} {InstanceUnknown} {FieldNotForKind} */
  async instance(actor: Actor, name: ServiceName, edit: InstanceEdit & { address: string }): Promise<InstanceRow> {
    const { address, transport, weight, labels } = edit;
    const { database, publish } = this.#options;
    const changed = await database.transact(async (stores) => {
      const { kind } = await findService(stores, name);
      refuseLabels(kind, labels);
      const old = await findInstance(stores, name, address);
      const merged = { ...old.labels, ...labels };
      const row = { ...old, transport: transport ?? old.transport, weight: weight ?? old.weight, labels: merged };
      await stores.services.updateInstance(row, { transport: row.transport, weight: row.weight, labels: merged });
      const text = `${address}: ${describeChange(facts(old), facts(row))}`;
      await appendAudit(stores.audit, this.#entry(actor, "instance.update", { target: formatServiceName(name), text }));
      return row;
    });
    await publish(name);
    return changed;
  }

  #entry(actor: Actor, action: string, rest: { readonly target: string; readonly text: string }) {
    return { atMs: this.#options.clock.nowMs(), actor: actorName(actor), action, ...rest };
  }
}

function facts({ transport, weight, labels }: InstanceRow): Record<string, unknown> {
  return { transport, weight, ...labels };
}
