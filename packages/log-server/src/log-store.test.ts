import { silentLogger } from "@msec/core";
import { describe } from "vitest";
import { logStoreContract } from "./log-store.contract.js";
import { openLogStore } from "./log-store.js";

describe("LogStore in memory", () =>
  logStoreContract({
    isLasting: false,
    open: (clock) =>
      openLogStore({ path: ":memory:", clock, logger: silentLogger, retentionDays: 3, maxBytes: 3 << 20 }),
  }));
