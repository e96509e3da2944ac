import type { MetricStore } from "@msec/monitor-server";
import type { RouteHandlers } from "../http/route-handlers.js";
import { checkRange } from "./query-range.js";

export function metricRoutes({ metrics }: { readonly metrics: MetricStore }): RouteHandlers {
  const { read } = metrics;
  return {
    "metrics.attributes": async ({ query }) => {
      const { service, match } = query;
      return { attributes: await read.attributes({ service, match, ...checkRange(query) }) };
    },
    "metrics.series": ({ query }) => {
      const { service, attribute, by = "sum", stepMs } = query;
      return read.series({ service, attribute, by, stepMs, ...checkRange(query) });
    },
    "metrics.calls": async ({ query }) => {
      const { service, by = "sum", stepMs } = query;
      return { curves: await read.calls({ service, by, stepMs, ...checkRange(query) }) };
    },
  };
}
