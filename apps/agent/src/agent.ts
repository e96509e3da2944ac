/** Puts the parts of an agent together and takes them down in order. */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { type Clock, type HomePaths, homePaths, type Logger, type Random, systemClock } from "@msec/core";
import { acquireHomeLock } from "@msec/daemon";
import { tryStartTicks } from "@msec/rpc/process";
import { groupIdOf } from "@msec/shm";
import { agentFacts, parseConsoleAddress } from "./agent-facts.js";
import { Closers } from "./closers.js";
import type { AgentConfig } from "./config.js";
import { ConsoleLink } from "./console-link/console-link.js";
import { HeartbeatSender } from "./console-link/heartbeat-sender.js";
import { writeFileAtomic } from "./files/atomic-file.js";
import type { AgentIdentity } from "./identity/agent-identity.js";
import { ensureIdentity } from "./identity/join-console.js";
import { type LogIntake, startLogIntake } from "./logs/log-intake.js";
import { MachineLoadReader } from "./machine-load/machine-load.js";
import { startMetrics } from "./metrics/metric-intake.js";
import { NamingKeeper } from "./naming/naming-keeper.js";
import { OriginalNaming } from "./naming/original/original-naming.js";
import { answerRoutes } from "./naming/read-routes.js";
import { reportRoutes } from "./naming/route-report.js";
import { type OrderService, startOrders } from "./orders/order-service.js";
import { undoCutOffSwitches } from "./releases/activate-release.js";
import { locateSdk, type SdkLocation } from "./sdk-location.js";
import { ServicesFile } from "./supervision/services-file.js";
import { Supervisor } from "./supervision/supervisor.js";
import { TlsKeeper } from "./tls/tls-keeper.js";

export interface AgentDeps {
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Default: the SDK installed with the agent. */
  readonly sdk?: SdkLocation;
}

export interface RunningAgent {
  readonly agentId: string;
  /** Where services hand over log records. */
  readonly logPort: number;
  /** True while the console is there. */
  readonly isConnected: boolean;
  /** Leaves services running. */
  stop(): Promise<void>;
}

interface Context {
  readonly config: AgentConfig;
  readonly paths: HomePaths;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly sdk: SdkLocation;
  readonly closers: Closers;
}

/**
 * Starts an agent. Resolves when everything local works; the console may still be away then, except at the first start.
 *
 * @throws CFG_HOME_IN_USE; CFG_JOIN_TOKEN_REQUIRED, CFG_ALREADY_JOINED, CON_JOIN_REFUSED and others of the join; NET_* of the log port
 */
export async function startAgent(given: AgentConfig, deps: AgentDeps): Promise<RunningAgent> {
  const closers = new Closers();
  const config = { ...given, home: resolve(given.home) }; // services run in other directories
  const paths = homePaths(config.home);
  const { logger, clock = systemClock, random = Math.random, sdk = locateSdk() } = deps;
  try {
    const lock = await acquireHomeLock(config.home, "agent");
    closers.add(() => lock.release());
    return await startParts({ config, paths, clock, random, logger, sdk, closers });
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function startParts(context: Context): Promise<RunningAgent> {
  const { config, paths, clock, random, logger, closers } = context;
  mkdirSync(paths.agent, { recursive: true, mode: 0o700 });
  const identity = await joinIfNeeded(context);
  const original = startOriginalNaming(context);
  const naming = new NamingKeeper({ paths, logger, ...(original && { original }) });
  closers.add(() => naming.stop());
  const parts: { orders?: OrderService; tls?: TlsKeeper } = {};
  const link = new ConsoleLink({
    identity,
    dialAt: parseConsoleAddress(config.consoleLink),
    facts: agentFacts(config),
    handlers: {
      "naming.apply": (push) => ({ result: naming.apply(push) }),
      "routes.read": ({ service, picks, key }) => ({
        result: answerRoutes(naming.tables.view(service), { picks, key, random }),
      }),
      order: (signed) => {
        parts.orders?.accept(signed);
        parts.tls?.poke(); // it may be for a service that is new here
        return { result: {} };
      },
      "tls.changed": () => {
        parts.tls?.poke();
        return { result: {} };
      },
    },
    namingPosition: () => naming.position,
    clock,
    random,
    logger,
  });
  const load = new MachineLoadReader(config.home);
  const logs = await startLogIntake({ config, paths, console: link, clock, logger });
  closers.add(() => logs.stop());
  const metrics = startMetrics({ config, paths, console: link, load, losses: logs, clock, logger });
  closers.add(() => metrics.stop());
  writeAgentInfo(paths, identity, { address: config.address, logPort: logs.port });
  const { supervisor, file, heartbeats } = startSupervision(context, { link, naming, load, logs });
  const { agentId } = identity;
  parts.tls = new TlsKeeper({
    ...{ agentId, address: config.address, link, clock, random, logger },
    directory: `${paths.agent}/tls`,
  });
  closers.add(() => parts.tls?.stop());
  parts.orders = startOrders({ ...context, identity, link, supervisor, file });
  closers.add(() => parts.orders?.stop());
  closers.add(() => link.stop()); // first to go: everything that waits for an answer is let go
  closers.add(() => parts.orders?.finishRunning());
  closers.add(() => heartbeats.stop());
  link.start();
  return {
    agentId: identity.agentId,
    logPort: logs.port,
    get isConnected() {
      return link.isConnected;
    },
    stop: () => closers.closeAll(),
  };
}

/** For programs of the archived system, where the configuration asks for it. */
function startOriginalNaming({ config, clock, random, logger, closers }: Context): OriginalNaming | undefined {
  const { directory, group, udpPort: port, compat } = config.nlb;
  if (directory === "") return undefined;
  const groupId = groupIdOf(group);
  const original = new OriginalNaming({ directory: resolve(directory), groupId, port, compat, clock, random, logger });
  closers.add(() => original.stop());
  return original;
}

function joinIfNeeded({ config, paths, clock, random, logger }: Context): Promise<AgentIdentity> {
  return ensureIdentity({
    home: config.home,
    agentDir: paths.agent,
    joinToken: config.joinToken,
    rejoin: config.rejoin,
    timeoutMs: config.joinTimeoutMs,
    dialAt: parseConsoleAddress(config.consoleLink),
    facts: agentFacts(config),
    clock,
    random,
    logger,
  });
}

function startSupervision(
  context: Context,
  parts: { link: ConsoleLink; naming: NamingKeeper; load: MachineLoadReader; logs: LogIntake },
): { supervisor: Supervisor; file: ServicesFile; heartbeats: HeartbeatSender } {
  const { config, paths, clock, logger, sdk, closers } = context;
  const { link, naming, load, logs } = parts;
  const file = new ServicesFile(`${paths.agent}/services.json`);
  undoCutOffSwitches(paths, file, logger);
  const heartbeats: HeartbeatSender = new HeartbeatSender({
    link,
    logger,
    collect: async () => ({
      atMs: clock.nowMs(),
      namingRevision: naming.position.revision,
      load: await load.read(),
      processes: supervisor.reports(),
      routes: reportRoutes(naming.tables.views()),
      spooledLogs: logs.waitingRecords,
      droppedLogs: logs.droppedRecords,
    }),
  });
  const supervisor: Supervisor = new Supervisor({
    paths,
    hostScript: sdk.hostScript,
    bindAddress: config.address,
    file,
    clock,
    logger,
    onChange: () => heartbeats.poke(),
  });
  closers.add(() => supervisor.close());
  return { supervisor, file, heartbeats };
}

/** What local processes need to know; they read it again when their log connection fails. */
function writeAgentInfo(paths: HomePaths, identity: AgentIdentity, at: { address: string; logPort: number }): void {
  const info = {
    agentId: identity.agentId,
    address: at.address,
    logAddress: `${at.address}:${at.logPort}`,
    pid: process.pid,
    startTicks: tryStartTicks(process.pid) ?? 0,
  };
  writeFileAtomic(paths.agentInfo, `${JSON.stringify(info, undefined, 2)}\n`, { mode: 0o644 });
}
