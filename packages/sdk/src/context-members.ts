import type { CallContext } from "@msec/rpc";
import type { ConfigReader } from "./config/config-ini.js";
import { ContextLog, type LogSink, type ServiceLog } from "./observability/service-log.js";
import type { ServiceMetrics } from "./observability/service-metrics.js";
import { RUNTIME, type Runtime } from "./runtime.js";

const LOG = Symbol("log");

/** What turns a `CallContext` into a `ServiceContext`; made once per server, put on the prototype of its contexts. */
export function createContextMembers(opts: {
  readonly sink: LogSink;
  readonly metrics: ServiceMetrics;
  readonly config: ConfigReader;
  readonly runtime: Runtime;
}): object {
  return {
    /** Made when a handler logs for the first time. */
    get log(): ServiceLog {
      const context = this as unknown as CallContext & { [LOG]?: ContextLog };
      context[LOG] ??= new ContextLog(opts.sink, context);
      return context[LOG];
    },
    metrics: opts.metrics,
    config: opts.config,
    [RUNTIME]: opts.runtime,
  };
}
