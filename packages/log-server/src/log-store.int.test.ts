import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@msec/core";
import { afterEach, beforeEach, describe } from "vitest";
import { logStoreContract } from "./log-store.contract.js";
import { openLogStore } from "./log-store.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "msec-logs-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("LogStore in a file", () =>
  logStoreContract({
    isLasting: true,
    open: (clock) =>
      openLogStore({
        path: join(directory, "logs.db"),
        clock,
        logger: silentLogger,
        retentionDays: 3,
        maxBytes: 3 << 20,
      }),
  }));
