/** The name store of the settings: the console's own, or that and a ZooKeeper beside it. */
import { type Logger, toAppError } from "@msec/core";
import { type NameStore, openSqlNameStore, type ServiceEntry } from "@msec/naming";
import type { MachineLoad, TakeOver, ZookeeperNameStore } from "@msec/naming-zookeeper";
import type { Heartbeat } from "@msec/protocol";
import type { ConsoleContext } from "../context.js";
import type { NameTakeover } from "./name-takeover.js";

export interface OpenNames {
  readonly store: NameStore;
  /** Only with `naming` `zk://…`. */
  readonly zookeeper: ZookeeperNameStore | undefined;
}

/**
 * @param takeOver what others write goes through it
 * @throws {ZookeeperTargetInvalid}
 */
export async function openNames(context: ConsoleContext, takeOver: TakeOver): Promise<OpenNames> {
  const { config, paths, logger, clock } = context;
  const open = () => openSqlNameStore(`${paths.console}/naming.db`);
  if (config.naming === "embedded") return { store: await open(), zookeeper: undefined };
  const { openZookeeperNameStore, parseZookeeperTarget } = await import("@msec/naming-zookeeper");
  const target = parseZookeeperTarget(config.naming, config.namingSecret);
  const ledgerPath = `${paths.console}/zookeeper.db`;
  const zookeeper = await openZookeeperNameStore({ target, local: await open(), ledgerPath, takeOver, logger, clock });
  return { store: zookeeper, zookeeper };
}

/** An agent's load as the archived agent reports it. */
function machineLoad(load: Heartbeat["load"]): MachineLoad {
  const { cpuRatio, memoryTotalBytes, memoryFreeBytes } = load;
  return { cpuPercent: cpuRatio * 100, memoryTotalBytes, memoryFreeBytes };
}

/** What the console does for names that others write too. */
export function sharedNames(
  zookeeper: ZookeeperNameStore,
  takeover: Pick<NameTakeover, "adopt">,
  logger: Logger,
): {
  readonly adopt: (entry: ServiceEntry) => Promise<void>;
  readonly onAlive: (address: string, load?: Heartbeat["load"]) => void;
} {
  return {
    adopt: async (entry) => {
      try {
        await takeover.adopt(entry.service, entry);
      } catch (error) {
        // It stays known by its name; what the rows can't hold must not keep the console from starting.
        logger.warn("a name has no service", { service: entry.service, problem: toAppError(error).message });
      }
    },
    onAlive: (address, load) => zookeeper.beat(address, load && machineLoad(load)),
  };
}
