import type { Clock, HomePaths, Logger } from "@msec/core";
import type { ConsoleConfig } from "./config.js";
import type { Database } from "./database/database.js";

/** What every feature gets. */
export interface ConsoleContext {
  readonly config: ConsoleConfig;
  readonly paths: HomePaths;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}
