/** Orders from the link to the disk: journal, desk, outbox. */
import { type Clock, type HomePaths, type Logger, parseServiceName } from "@msec/core";
import type { SignedOrder } from "@msec/protocol";
import type { AgentConfig } from "../config.js";
import type { ConsoleLink } from "../console-link/console-link.js";
import type { AgentIdentity } from "../identity/agent-identity.js";
import { finishCutOffSwitches } from "../releases/activate-release.js";
import { tryActiveRelease } from "../releases/release-directory.js";
import type { SdkLocation } from "../sdk-location.js";
import type { ServicesFile } from "../supervision/services-file.js";
import type { Supervisor } from "../supervision/supervisor.js";
import { executeOrder } from "./execute-order.js";
import { OrderDesk } from "./order-desk.js";
import { OrderJournal } from "./order-journal.js";
import { ResultOutbox } from "./result-outbox.js";
import { parseOrderKeys } from "./verify-order.js";

/** How long a stop of the agent waits for orders that are under way. */
const STOP_GRACE_MS = 5_000;

export interface OrderServiceOptions {
  readonly config: AgentConfig;
  readonly paths: HomePaths;
  readonly identity: AgentIdentity;
  readonly link: ConsoleLink;
  readonly supervisor: Supervisor;
  readonly file: ServicesFile;
  readonly sdk: SdkLocation;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface OrderService {
  /** @throws EXEC_* when the order is refused */
  accept(signed: SignedOrder): void;
  /** Takes no more and gives what is under way a moment. */
  finishRunning(): Promise<void>;
  stop(): Promise<void>;
}

export function startOrders(options: OrderServiceOptions): OrderService {
  const { config, paths, identity, link, supervisor, file, sdk, clock, logger } = options;
  const journal = new OrderJournal({ path: `${paths.agent}/orders.jsonl`, clock, logger });
  const outbox = new ResultOutbox({ journal, console: link, logger });
  const deps = { paths, console: link, clock, logger, supervisor, file, address: config.address, sdkDir: sdk.sdkDir };
  const undone = finishCutOffSwitches(deps).catch((error: unknown) => {
    logger.error("going back to the old release failed", { why: String(error) });
  });
  const desk = new OrderDesk({
    agentId: identity.agentId,
    keys: parseOrderKeys(identity.orderKeys),
    journal,
    outbox,
    console: link,
    consoleNowMs: () => link.tryConsoleNowMs(),
    execute: async (action, report) => {
      await undone;
      return executeOrder(action, deps, report);
    },
    describeService: (service) => describe(service, paths, supervisor),
    clock,
    logger,
  });
  return {
    accept: (signed) => desk.accept(signed),
    finishRunning: () => desk.stop(STOP_GRACE_MS),
    stop: async () => {
      await outbox.stop();
      journal.close();
    },
  };
}

function describe(service: string, paths: HomePaths, supervisor: Supervisor): string {
  const active = tryActiveRelease(paths.service(parseServiceName(service))) ?? "no release";
  return `${active} is active, the service is ${supervisor.get(service).report().state}`;
}
