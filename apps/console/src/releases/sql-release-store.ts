import type { Release, ReleaseStatus, ReleaseStep, ReleaseTarget } from "@msec/api-schema";
import { type Kysely, type Selectable, sql } from "kysely";
import type { ConsoleTables } from "../database/tables.js";
import type { ReleaseStore } from "./release-store.js";
import type { ReleaseStepTable, ReleaseTable, ReleaseTargetTable } from "./release-tables.js";

const idOf = (releaseNumber: number) => `r-${releaseNumber}`;
const numberOf = (releaseId: string) => Number(releaseId.slice(2));

const UNDER_WAY: readonly ReleaseStatus[] = ["running", "rolling_back"];

/** Releases in SQL. Promise: release-store.contract.ts. */
export function sqlReleaseStore(db: Kysely<ConsoleTables>): ReleaseStore {
  const withTargets = async (rows: readonly Selectable<ReleaseTable>[]): Promise<Release[]> => {
    if (rows.length === 0) return [];
    const numbers = rows.map((row) => row.release_number);
    const targets = await db
      .selectFrom("release_targets")
      .selectAll()
      .where("release_number", "in", numbers)
      .orderBy(sql`rowid`)
      .execute();
    const steps = await db
      .selectFrom("release_steps")
      .selectAll()
      .where("release_number", "in", numbers)
      .orderBy("step_number")
      .execute();
    return rows.map((row) => toRelease(row, targets, steps));
  };
  return {
    add: async (release) => {
      const { release_number } = await db
        .insertInto("releases")
        .values({
          service: release.service,
          config_tag: release.configTag,
          plugin_tag: release.pluginTag,
          idl_tag: release.idlTag,
          memo: release.memo,
          status: "ready",
          author: release.author,
          created_at_ms: release.createdAtMs,
          started_at_ms: null,
          ended_at_ms: null,
        })
        .returning("release_number")
        .executeTakeFirstOrThrow();
      await db
        .insertInto("release_targets")
        .values(release.targets.map((target) => toTargetTable(release_number, target)))
        .execute();
      return { ...release, releaseId: idOf(release_number), status: "ready", startedAtMs: null, endedAtMs: null };
    },
    get: async (releaseId) => {
      const row = await db
        .selectFrom("releases")
        .selectAll()
        .where("release_number", "=", numberOf(releaseId))
        .executeTakeFirst();
      return row && (await withTargets([row]))[0];
    },
    list: async ({ service, status, limit }) => {
      let query = db.selectFrom("releases").selectAll().orderBy("release_number", "desc").limit(limit);
      if (service !== undefined) query = query.where("service", "=", service);
      if (status !== undefined) query = query.where("status", "=", status);
      return withTargets(await query.execute());
    },
    begin: async (releaseId, { from, to, atMs }) => {
      const times = to === "running" ? { started_at_ms: atMs, ended_at_ms: null } : { ended_at_ms: null };
      const { numUpdatedRows } = await db
        .updateTable("releases")
        .set({ status: to, ...times })
        .where("release_number", "=", numberOf(releaseId))
        .where("status", "in", from)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom("releases as other")
                .select("other.release_number")
                .whereRef("other.service", "=", "releases.service")
                .where("other.status", "in", UNDER_WAY),
            ),
          ),
        )
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },
    end: async (releaseId, status, endedAtMs) => {
      const update = db.updateTable("releases").set({ status, ended_at_ms: endedAtMs });
      await update.where("release_number", "=", numberOf(releaseId)).execute();
    },
    setTarget: async (releaseId, address, patch) => {
      const set = {
        ...(patch.status !== undefined && { status: patch.status }),
        ...(patch.machineName !== undefined && { machine_name: patch.machineName }),
        ...(patch.previousReleaseId !== undefined && { previous_release_id: patch.previousReleaseId }),
        ...(patch.startedAtMs !== undefined && { started_at_ms: patch.startedAtMs }),
        ...(patch.endedAtMs !== undefined && { ended_at_ms: patch.endedAtMs }),
        ...(patch.error !== undefined && { error: patch.error }),
        ...(patch.errorReason !== undefined && { error_reason: patch.errorReason }),
      };
      await db
        .updateTable("release_targets")
        .set(set)
        .where("release_number", "=", numberOf(releaseId))
        .where("address", "=", address)
        .execute();
    },
    addStep: async (releaseId, address, { atMs, step, text }) => {
      const values = { release_number: numberOf(releaseId), address, at_ms: atMs, step, text };
      await db.insertInto("release_steps").values(values).execute();
    },
    remove: async (releaseId) => {
      const plan = db.deleteFrom("releases").where("release_number", "=", numberOf(releaseId));
      return (await plan.where("status", "=", "ready").executeTakeFirst()).numDeletedRows === 1n;
    },
  };
}

function toRelease(
  row: Selectable<ReleaseTable>,
  targets: readonly Selectable<ReleaseTargetTable>[],
  steps: readonly Selectable<ReleaseStepTable>[],
): Release {
  const own = steps.filter((step) => step.release_number === row.release_number);
  return {
    releaseId: idOf(row.release_number),
    service: row.service,
    releaseType: "complete",
    configTag: row.config_tag,
    pluginTag: row.plugin_tag,
    idlTag: row.idl_tag,
    memo: row.memo,
    status: row.status,
    author: row.author,
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    targets: targets
      .filter((target) => target.release_number === row.release_number)
      .map((target) => toTarget(target, own)),
  };
}

function toTarget(row: Selectable<ReleaseTargetTable>, steps: readonly Selectable<ReleaseStepTable>[]): ReleaseTarget {
  return {
    address: row.address,
    machineName: row.machine_name,
    status: row.status,
    previousReleaseId: row.previous_release_id,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    error: row.error,
    errorReason: row.error_reason,
    steps: steps
      .filter((step) => step.address === row.address)
      .map((step): ReleaseStep => ({ atMs: step.at_ms, step: step.step, text: step.text })),
  };
}

function toTargetTable(releaseNumber: number, target: ReleaseTarget): ReleaseTargetTable {
  return {
    release_number: releaseNumber,
    address: target.address,
    machine_name: target.machineName,
    status: target.status,
    previous_release_id: target.previousReleaseId,
    started_at_ms: target.startedAtMs,
    ended_at_ms: target.endedAtMs,
    error: target.error,
    error_reason: target.errorReason,
  };
}
