/** Where `msec naming copy` reads from and writes to: the console, a ZooKeeper, or a file. */
import { readFileSync, writeFileSync } from "node:fs";
import type { NameImportStep, NameRecord } from "@msec/api-schema";
import { isAppError, toAppError } from "@msec/core";
import { checkEntry, MemoryNameStore, planNames, type ServiceEntry } from "@msec/naming";
import type { CliContext } from "./cli-context.js";
import { ArgumentInvalid, NamesUnreadable } from "./errors.js";

/** Names of one request: its body stays far below what the console takes. */
const BATCH = 100;
const CONNECT_TIMEOUT_MS = 10_000;

export interface NameEnd {
  readonly text: string;
  read(): Promise<readonly NameRecord[]>;
  /** Adds and changes; what is not listed stays. */
  write(names: readonly NameRecord[], opts: { readonly dryRun: boolean }): Promise<readonly NameImportStep[]>;
  close(): Promise<void>;
}

/** @param text `console`, `zk://…`, or the path of a JSON file */
export async function openNameEnd(cli: CliContext, text: string): Promise<NameEnd> {
  if (text === "console") return consoleEnd(cli);
  if (text.startsWith("zk://")) return zookeeperEnd(text);
  if (text.includes("://"))
    throw new ArgumentInvalid({ argument: text, problem: "it is none of console, zk://…, file" });
  return fileEnd(text);
}

function consoleEnd(cli: CliContext): NameEnd {
  const api = cli.api();
  return {
    text: cli.consoleUrl(),
    read: async () => (await api("naming.export")).services,
    write: async (names, { dryRun }) => {
      const steps: NameImportStep[] = [];
      for (let at = 0; at < names.length; at += BATCH) {
        const answer = await api("naming.import", { body: { services: [...names.slice(at, at + BATCH)], dryRun } });
        steps.push(...answer.steps);
      }
      return steps;
    },
    close: async () => undefined,
  };
}

function fileEnd(path: string): NameEnd {
  return {
    text: path,
    read: async () => readNames(path),
    write: async (names, { dryRun }) => {
      const old = tryReadNames(path);
      const steps = [...planNames(names, old.map(toEntry))];
      const listed = new Set(names.map(({ service }) => service));
      const all = [...old.filter(({ service }) => !listed.has(service)), ...names];
      const sorted = all.toSorted((a, b) => (a.service < b.service ? -1 : 1));
      if (!dryRun) writeFileSync(path, `${JSON.stringify({ services: sorted }, undefined, 2)}\n`, { mode: 0o600 });
      return steps;
    },
    close: async () => undefined,
  };
}

/** @throws {NamesUnreadable} */
function readNames(path: string): readonly NameRecord[] {
  try {
    const { services } = JSON.parse(readFileSync(path, "utf8")) as { services?: unknown };
    if (!Array.isArray(services)) throw new Error('it has no list "services"');
    return services.map((record: NameRecord) => toRecord(toEntry(record)));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new NamesUnreadable({ path, problem }, { cause: error });
  }
}

function tryReadNames(path: string): readonly NameRecord[] {
  try {
    return readNames(path);
  } catch (error) {
    const cause = isAppError(error) ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    if (cause?.code === "ENOENT") return [];
    throw error;
  }
}

async function zookeeperEnd(url: string): Promise<NameEnd> {
  const { openZookeeperNameStore, parseZookeeperTarget, ZookeeperUnavailable } = await import("@msec/naming-zookeeper");
  const target = parseZookeeperTarget(url, namingSecret());
  const store = await openZookeeperNameStore({ target, local: new MemoryNameStore(), ledgerPath: ":memory:" });
  store.connect();
  if (!(await store.waitInStep(CONNECT_TIMEOUT_MS))) {
    const { problem } = store.status();
    await store.close();
    throw new ZookeeperUnavailable({ problem });
  }
  return {
    text: target.text,
    read: async () => {
      const [unreadable] = store.status().held;
      if (unreadable)
        throw new NamesUnreadable({ path: `${target.text} ${unreadable.service}`, problem: unreadable.text });
      return (await store.list()).map(toRecord);
    },
    write: async (names, { dryRun }) => {
      const plan = planNames(names, await store.list());
      if (dryRun) return [...plan];
      const records = new Map(names.map((record) => [record.service, record]));
      for (const { service, action } of plan) {
        const record = records.get(service);
        if (record && action !== "same") await store.put(service, record);
      }
      await store.settled();
      const held = store.status().held.filter(({ service }) => records.has(service));
      if (held.length > 0)
        await store.resolve(
          held.map(({ service }) => service),
          "ours",
        );
      const failed = new Map(store.status().failed.map(({ service, problem }) => [service, problem]));
      return plan.map((step) => {
        const problem = failed.get(step.service);
        return problem === undefined ? step : { service: step.service, action: "refused", text: problem };
      });
    },
    close: () => store.close(),
  };
}

/** As the console's setting of the same name. */
function namingSecret(): string | undefined {
  const file = process.env.MSEC_NAMING_SECRET_FILE;
  return process.env.MSEC_NAMING_SECRET ?? (file === undefined ? undefined : readFileSync(file, "utf8").trim());
}

function toEntry(record: NameRecord): ServiceEntry {
  try {
    return { ...checkEntry(record.service, record), revision: 0 };
  } catch (error) {
    throw new ArgumentInvalid({ argument: String(record.service), problem: toAppError(error).message });
  }
}

function toRecord({ revision: _, instances, tuning, ...rest }: ServiceEntry): NameRecord {
  return { ...rest, ...(tuning && { tuning }), instances: [...instances] };
}
