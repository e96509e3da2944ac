import { silentLogger } from "@msec/core";
import { describe } from "vitest";
import { metricStoreContract } from "./metric-store.contract.js";
import { openMetricStore } from "./metric-store.js";

describe("MetricStore in memory", () =>
  metricStoreContract({
    isLasting: false,
    open: (clock) =>
      openMetricStore({ path: ":memory:", clock, logger: silentLogger, retentionDays: 3, maxAttributesPerService: 10 }),
  }));
