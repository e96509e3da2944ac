import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@msec/core";
import { afterEach, beforeEach, describe } from "vitest";
import { metricStoreContract } from "./metric-store.contract.js";
import { openMetricStore } from "./metric-store.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "msec-metrics-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("MetricStore in a file", () =>
  metricStoreContract({
    isLasting: true,
    open: (clock) =>
      openMetricStore({
        path: join(directory, "metrics.db"),
        clock,
        logger: silentLogger,
        retentionDays: 3,
        maxAttributesPerService: 10,
      }),
  }));
