/** One service in this process: what a worker, `msec run` and tests use. */
import cluster from "node:cluster";
import type { Server as NetServer } from "node:net";
import { type Clock, type HostPort, type Logger, type Random, silentLogger, systemClock } from "@msec/core";
import {
  createRpcClient,
  createRpcServer,
  type Dial,
  type IncomingRequest,
  type OpenUdp,
  type OutgoingCall,
  type RpcClient,
  type RpcServer,
  type ServerStopOptions,
  type TlsDirectory,
} from "@msec/rpc";
import { openSharedServer, retryWhileInUse, type WorkerStat } from "@msec/rpc/process";
import type { FrameworkTotals, LogRecord, MetricEmitter } from "@msec/telemetry";
import { callerOf } from "./caller-of.js";
import {
  clientDefaults,
  clientLimits,
  datagramLimits,
  logWarnings,
  parseServiceConfig,
  type ServiceConfig,
  serverLimits,
} from "./config/service-config.js";
import { allowed, clientTls, openTls, serverSecurity } from "./config/service-security.js";
import { createContextMembers } from "./context-members.js";
import type { ServiceApp, ServiceDefinition } from "./define-service.js";
import { HookRunner } from "./hook-runner.js";
import { AmbientLog, type LogSink } from "./observability/service-log.js";
import { createServiceMetrics } from "./observability/service-metrics.js";
import { ServiceTelemetry } from "./observability/service-telemetry.js";
import { ForeignCalls } from "./picking/foreign-calls.js";
import { openPicker } from "./picking/original-picker.js";
import { NO_PICKER, type TablePicker } from "./picking/table-picker.js";
import { type Runtime, runAs, setRuntime } from "./runtime.js";

export interface RunServiceOptions {
  /** Own name, `First.Second`. */
  readonly service: string;
  /** Text of a config.ini, or one that was read. Default: an empty file. */
  readonly config?: string | ServiceConfig;
  /** What `all` in `listen` stands for. Default 0.0.0.0. */
  readonly bind?: string;
  /** `MSEC_HOME`; without it no name is known and neither metrics nor logs leave the process. */
  readonly home?: string;
  readonly logger?: Logger;
  /** Called in the course of a stop, when this process accepts no more; the callers are told to go elsewhere when it resolves. */
  readonly onListenersClosed?: () => Promise<void>;
  /** Gets each record of the business log, besides the agent; `msec run` prints them. */
  readonly onLogRecord?: (record: LogRecord) => void;
}

export interface RunningService {
  /** In the order of `listen`: `127.0.0.2:8090/udp`, `127.0.0.2:8090/tcp`. */
  readonly addresses: readonly string[];
  readonly app: ServiceApp;
  readonly server: RpcServer;
  readonly client: RpcClient;
  /** Changes `[LOG]` and `[COLOR]` while it runs. */
  setLogFilter(filter: LogSink["filter"]): void;
  /** Changes `allow_callers` and `allow_from` while it runs. */
  setAllowed(config: ServiceConfig): void;
  /**
   * Exchanges the code: its init hook runs, then requests go to its handlers, then the old loop ends. What is under way ends with the old
   * handlers; then the old fini hook runs. No connection is closed and no call fails.
   *
   * @throws EXEC_INIT_FAILED, RPC_HANDLER_MISSING, RPC_METHOD_DUPLICATE; then the old code goes on
   */
  replace(definition: ServiceDefinition): Promise<void>;
  /** What this process has done since its start: requests, failures, costs, refusals, calls. */
  totals(): FrameworkTotals;
  /** The same with bytes, connections, delays and memory, for the controller. Delays are those since the last question. */
  stat(): WorkerStat;
  /**
   * Stops accepting, finishes what is under way (at most `graceMs`, default `[SRPC] drain_ms`), runs `fini`, sends what is left of
   * logs and metrics. `isHandover`: see `RpcServer.stop`.
   */
  stop(options?: ServerStopOptions): Promise<{ readonly cutOff: number }>;
}

/**
 * Starts a service in this process and resolves when it listens and its init hook has succeeded.
 *
 * @throws CFG_INVALID, NET_TLS_FILES_INVALID, EXEC_INIT_FAILED, RPC_HANDLER_MISSING, NET_ADDRESS_IN_USE and other NET reasons
 */
export async function runService(definition: ServiceDefinition, options: RunServiceOptions): Promise<RunningService> {
  const { bind } = options;
  const config =
    typeof options.config === "object"
      ? options.config
      : parseServiceConfig(options.config ?? "", bind === undefined ? {} : { bind });
  if (typeof options.config !== "object") logWarnings(config, options.logger ?? silentLogger);
  const tls = await openTls(config, options);
  const runtime = new ServiceRuntime(definition, config, { ...options, tls });
  try {
    await runtime.start();
  } catch (error) {
    await runtime.stop({ graceMs: 0 });
    throw error;
  }
  return runtime;
}

/** What a process has once, brought by a test kit that runs many services in one. */
export interface RuntimeWiring {
  readonly picker: TablePicker;
  readonly metrics: MetricEmitter;
  readonly clock: Clock;
  readonly random: Random;
  readonly dial: Dial;
  readonly openUdp: OpenUdp;
  readonly onRequest: (request: IncomingRequest) => void;
}

export interface RuntimeOptions extends RunServiceOptions {
  /** Undefined while neither server nor client use TLS. */
  readonly tls: TlsDirectory | undefined;
  readonly wiring?: RuntimeWiring;
}

export class ServiceRuntime implements RunningService {
  readonly app: ServiceApp;
  readonly server: RpcServer;
  readonly client: RpcClient;
  readonly #definition: ServiceDefinition;
  readonly #config: ServiceConfig;
  readonly #telemetry: ServiceTelemetry;
  readonly #hooks: HookRunner;
  readonly #picker: TablePicker | undefined;
  readonly #abort = new AbortController();
  readonly #runtime: Runtime;
  /** Its services share the process with others. */
  readonly #isShared: boolean;
  readonly #onListenersClosed: () => Promise<void>;
  readonly #listeners: NetServer[] = [];
  #addresses: string[] = [];
  #stopping: Promise<{ readonly cutOff: number }> | undefined;

  constructor(definition: ServiceDefinition, config: ServiceConfig, options: RuntimeOptions) {
    const { service, home, tls, wiring, logger = silentLogger } = options;
    const clock = wiring?.clock ?? systemClock;
    this.#definition = definition;
    this.#config = config;
    this.#isShared = wiring !== undefined;
    this.#onListenersClosed = options.onListenersClosed ?? (() => Promise.resolve());
    const telemetry = new ServiceTelemetry({
      ...{ service, home, clock, filter: config.logFilter, onRecord: options.onLogRecord },
      ...{ metrics: wiring?.metrics, onRequest: wiring?.onRequest },
    });
    this.#telemetry = telemetry;
    const { events, sink } = telemetry;
    const onFailed = (name: string): void => telemetry.framework.onRouteFailed(name);
    this.#picker =
      wiring?.picker ?? (home === undefined ? undefined : openPicker(home, config.clientOriginalNaming, { onFailed }));
    const picker = this.#picker ?? NO_PICKER;
    this.client = createRpcClient({
      ...{ service, picker, events, logger },
      limits: clientLimits(config),
      defaults: clientDefaults(config),
      ...clientTls(config, tls),
      ...(wiring && { clock: wiring.clock, dial: wiring.dial, openUdp: wiring.openUdp, random: wiring.random }),
    });
    const metrics = createServiceMetrics(telemetry.metrics);
    const log = new AmbientLog(sink);
    this.app = { service, config: config.ini, log, metrics, signal: this.#abort.signal, ...callerOf(this.client) };
    const onCall = (call: OutgoingCall): void => events.onCall(call);
    this.#runtime = { app: this.app, foreign: new ForeignCalls({ picker: this.#picker, clock, onCall }) };
    this.server = createRpcServer({
      ...{ service, events, client: this.client, logger },
      services: definition.services,
      limits: serverLimits(config),
      security: serverSecurity(config, tls),
      contextMembers: createContextMembers({ sink, metrics, config: config.ini, runtime: this.#runtime }),
      ...(wiring && { clock: wiring.clock }),
    });
    telemetry.report(this.server, this.client);
    const { app, server } = this;
    const { loopMs, drainMs } = config;
    const run = <T>(work: () => T): T => (this.#isShared ? runAs(this.#runtime, work) : work());
    this.#hooks = new HookRunner({ app, server, clock, logger, loopMs, drainMs, run });
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  async start(): Promise<void> {
    this.#telemetry.start();
    if (!this.#isShared) setRuntime(this.#runtime);
    await this.#hooks.init(this.#definition);
    for (const { host, port, transport } of this.#config.listen) {
      const at = transport === "tcp" ? await this.#listenTcp(host, port) : await this.#listenUdp(host, port);
      this.#addresses.push(`${at.host}:${at.port}/${transport}`);
    }
    this.#hooks.startLoop();
  }

  async replace(definition: ServiceDefinition): Promise<void> {
    await this.#hooks.replace(definition, () => this.server.replace(definition.services));
  }

  setLogFilter(filter: LogSink["filter"]): void {
    this.#telemetry.sink.filter = filter;
  }

  setAllowed(config: ServiceConfig): void {
    this.server.allow(allowed(config));
  }

  totals(): FrameworkTotals {
    return this.#telemetry.totals();
  }

  stat(): WorkerStat {
    return this.#telemetry.stat(this.server);
  }

  stop(options: ServerStopOptions = {}): Promise<{ readonly cutOff: number }> {
    const { graceMs = this.#config.drainMs, isHandover = false } = options;
    this.#stopping ??= this.#stop({ graceMs, isHandover });
    return this.#stopping;
  }

  async #listenTcp(host: string, port: number): Promise<HostPort> {
    const listener = await openSharedServer({ host, port });
    this.#listeners.push(listener);
    return await this.server.listen({ server: listener });
  }

  #listenUdp(host: string, port: number): Promise<HostPort> {
    const limits = datagramLimits(this.#config);
    return retryWhileInUse(() => this.server.listenUdp({ host, port, shared: cluster.isWorker, limits }));
  }

  async #stop(options: ServerStopOptions): Promise<{ readonly cutOff: number }> {
    this.#abort.abort();
    for (const listener of this.#listeners) listener.close();
    await this.#onListenersClosed();
    const [result] = await Promise.all([this.server.stop(options), this.#hooks.stopLoop()]);
    await this.#hooks.fini();
    this.client.close();
    this.#picker?.close();
    await this.#telemetry.close();
    setRuntime(undefined, this.app);
    return result;
  }
}
