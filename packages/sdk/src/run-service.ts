/** One service in this process: what a worker, `msec run` and tests use. */
import cluster from "node:cluster";
import type { Server as NetServer } from "node:net";
import { type Clock, type HostPort, homePaths, type Logger, type Random, silentLogger, systemClock } from "@msec/core";
import {
  type CallEvents,
  createRpcClient,
  createRpcServer,
  type Dial,
  type IncomingRequest,
  type RpcClient,
  type RpcServer,
  type ServerStopOptions,
  type TlsDirectory,
} from "@msec/rpc";
import { openSharedServer, retryWhileInUse, type WorkerStat } from "@msec/rpc/process";
import {
  createRingOpener,
  FrameworkMetrics,
  type FrameworkTotals,
  HopEmitter,
  LogEmitter,
  type LogRecord,
  MetricEmitter,
  reportLosses,
  reportServer,
} from "@msec/telemetry";
import { tryAgentLogAddress } from "./agent-info.js";
import { callerOf } from "./caller-of.js";
import { createContextMembers } from "./context-members.js";
import type { ServiceApp, ServiceDefinition } from "./define-service.js";
import { InitFailed } from "./errors.js";
import { HookLoop } from "./hook-loop.js";
import { type Runtime, runAs, setRuntime } from "./runtime.js";
import {
  clientDefaults,
  clientLimits,
  datagramLimits,
  logWarnings,
  parseServiceConfig,
  type ServiceConfig,
  serverLimits,
} from "./service-config.js";
import { AmbientLog, type LogSink } from "./service-log.js";
import { createServiceMetrics } from "./service-metrics.js";
import { allowed, clientTls, openTls, serverSecurity } from "./service-security.js";
import { NO_PICKER, TablePicker } from "./table-picker.js";
import { serverCounts, WorkerMeter } from "./worker-meter.js";

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

const FINI_MS = 1_000;
const QUIET_CHECK_MS = 20;
/** Causes that come with a request, and are counted with it. */
const REQUEST_REFUSALS: ReadonlySet<string> = new Set(["tls required", "certificate", "caller"]);

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
  #definition: ServiceDefinition;
  readonly #config: ServiceConfig;
  readonly #logger: Logger;
  readonly #metrics: MetricEmitter;
  readonly #logs: LogEmitter;
  readonly #hops: HopEmitter;
  readonly #metered: FrameworkMetrics;
  readonly #meter = new WorkerMeter();
  readonly #sink: LogSink;
  readonly #picker: TablePicker | undefined;
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #wiring: RuntimeWiring | undefined;
  readonly #runtime: Runtime;
  #loop: HookLoop | undefined;
  /** Code that was exchanged and has not run its fini hook yet. */
  #leaving: Promise<void> = Promise.resolve();
  readonly #onListenersClosed: () => Promise<void>;
  readonly #listeners: NetServer[] = [];
  #addresses: string[] = [];
  #hasInit = false;
  #stopping: Promise<{ readonly cutOff: number }> | undefined;

  constructor(definition: ServiceDefinition, config: ServiceConfig, options: RuntimeOptions) {
    const { service, home, tls, wiring } = options;
    this.#definition = definition;
    this.#config = config;
    this.#wiring = wiring;
    this.#clock = wiring?.clock ?? systemClock;
    this.#onListenersClosed = options.onListenersClosed ?? (() => Promise.resolve());
    this.#logger = options.logger ?? silentLogger;
    const paths = home === undefined ? undefined : homePaths(home);
    const openSink = paths ? createRingOpener(paths.monitorRing) : () => undefined;
    this.#metrics = wiring?.metrics ?? new MetricEmitter({ service, openSink });
    this.#logs = new LogEmitter({ address: () => (paths ? tryAgentLogAddress(paths.agentInfo) : undefined) });
    this.#sink = { service, emitter: this.#logs, filter: config.logFilter, onRecord: options.onLogRecord };
    reportLosses(this.#metrics, this.#logs);
    this.#hops = new HopEmitter(this.#logs, this.#clock);
    this.#metered = new FrameworkMetrics(this.#metrics);
    const onFailed = (name: string): void => this.#metered.onRouteFailed(name);
    this.#picker = wiring?.picker ?? (home === undefined ? undefined : new TablePicker(home, { onFailed }));
    const events = this.#events();
    const logger = this.#logger;
    const limits = clientLimits(config);
    const picker = this.#picker ?? NO_PICKER;
    const own = wiring && { clock: wiring.clock, dial: wiring.dial, random: wiring.random };
    const defaults = clientDefaults(config);
    this.client = createRpcClient({
      service,
      picker,
      events,
      logger,
      limits,
      defaults,
      ...clientTls(config, tls),
      ...own,
    });
    const metrics = createServiceMetrics(this.#metrics);
    const log = new AmbientLog(this.#sink);
    this.app = { service, config: config.ini, log, metrics, signal: this.#abort.signal, ...callerOf(this.client) };
    this.#runtime = { app: this.app, picker };
    this.server = createRpcServer({
      service,
      services: definition.services,
      events,
      client: this.client,
      logger,
      limits: serverLimits(config),
      security: serverSecurity(config, tls),
      contextMembers: createContextMembers({ sink: this.#sink, metrics, config: config.ini, runtime: this.#runtime }),
      ...(wiring && { clock: wiring.clock }),
    });
    reportServer(this.#metrics, () => serverCounts(this.server));
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  async start(): Promise<void> {
    this.#metrics.start();
    if (this.#wiring === undefined) setRuntime(this.#runtime);
    await this.#init(this.#definition);
    this.#hasInit = true;
    for (const { host, port, transport } of this.#config.listen) {
      const at = transport === "tcp" ? await this.#listenTcp(host, port) : await this.#listenUdp(host, port);
      this.#addresses.push(`${at.host}:${at.port}/${transport}`);
    }
    this.#startLoop();
  }

  async replace(definition: ServiceDefinition): Promise<void> {
    const before = this.#definition;
    await this.#init(definition);
    this.server.replace(definition.services);
    this.#definition = definition;
    await this.#loop?.stop();
    this.#startLoop();
    this.#leaving = this.#leaving.then(() => this.#leave(before));
  }

  setLogFilter(filter: LogSink["filter"]): void {
    this.#sink.filter = filter;
  }

  setAllowed(config: ServiceConfig): void {
    this.server.allow(allowed(config));
  }

  totals(): FrameworkTotals {
    return this.#metered.totals();
  }

  stat(): WorkerStat {
    return this.#meter.read(this.server, this.totals());
  }

  stop(options: ServerStopOptions = {}): Promise<{ readonly cutOff: number }> {
    const { graceMs = this.#config.drainMs, isHandover = false } = options;
    this.#stopping ??= this.#stop({ graceMs, isHandover });
    return this.#stopping;
  }

  #events(): CallEvents {
    const metrics = this.#metered;
    const hops = this.#hops;
    const meter = this.#meter;
    const onRequest = this.#wiring?.onRequest;
    return {
      onRequest: (request) => {
        metrics.onRequest(request);
        const delayMs = request.startedMs - request.arrivedMs;
        metrics.onDelay(delayMs);
        meter.onDelay(delayMs);
        if (request.refusedBy !== "") metrics.onRefused(request.refusedBy);
        hops.onRequest(request);
        onRequest?.(request);
      },
      onCall: (call) => {
        metrics.onCall(call);
        if (call.err !== 0) meter.onCallFailed(call.reason);
      },
      onRefused: (cause) => {
        if (!REQUEST_REFUSALS.has(cause)) metrics.onRefused(cause);
      },
    };
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

  /** Hooks of services that share a process find their own with `currentApp()`. */
  #run<T>(work: () => T): T {
    return this.#wiring === undefined ? work() : runAs(this.#runtime, work);
  }

  #startLoop(): void {
    const { loop } = this.#definition.hooks;
    if (!loop || this.#abort.signal.aborted) return;
    const { loopMs: pauseMs } = this.#config;
    const run = (): ReturnType<typeof loop> => loop(this.app);
    this.#loop = new HookLoop({ run, pauseMs, logger: this.#logger, clock: this.#clock });
    this.#run(() => this.#loop?.start());
  }

  /** Code that was exchanged ends when nothing that it began is under way, or the drain time is over. */
  async #leave(definition: ServiceDefinition): Promise<void> {
    if (!definition.hooks.fini) return;
    const untilMs = this.#clock.monotonicMs() + this.#config.drainMs;
    while (this.server.inFlight > 0 && this.#clock.monotonicMs() < untilMs && !this.#abort.signal.aborted) {
      await this.#clock.sleep(QUIET_CHECK_MS);
    }
    await this.#fini(definition);
  }

  async #init({ hooks: { init } }: ServiceDefinition): Promise<void> {
    if (!init) return;
    try {
      await this.#run(() => init(this.app.config, this.app));
    } catch (error) {
      throw new InitFailed({ service: this.app.service, problem: problemOf(error) }, { cause: error });
    }
  }

  async #stop(options: ServerStopOptions): Promise<{ readonly cutOff: number }> {
    this.#abort.abort();
    for (const listener of this.#listeners) listener.close();
    await this.#onListenersClosed();
    const [result] = await Promise.all([this.server.stop(options), this.#loop?.stop()]);
    await this.#leaving;
    // A start that failed in the init hook has nothing to undo.
    if (this.#hasInit) await this.#fini(this.#definition);
    this.client.close();
    this.#meter.stop();
    this.#picker?.close();
    this.#hops.stop();
    await this.#logs.close();
    this.#metrics.stop(); // last, since it tells what the others lost
    setRuntime(undefined, this.app);
    return result;
  }

  async #fini({ hooks: { fini } }: ServiceDefinition): Promise<void> {
    if (!fini) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it took more than ${FINI_MS} ms`)), FINI_MS);
    });
    try {
      await Promise.race([this.#run(() => fini(this.app)), late]);
    } catch (error) {
      this.#logger.error("fini hook failed", { error });
    } finally {
      clearTimeout(timer);
    }
  }
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
