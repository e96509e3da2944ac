/** One instance of a service in a cluster: started, killed and started again at the same address. */
import { parseHostPort, type Random } from "@msec/core";
import type { OpenUdp } from "@msec/rpc";
import { MetricEmitter } from "@msec/telemetry";
import { datagramLimits, parseServiceConfig } from "../config/service-config.js";
import type { ServiceApp, ServiceDefinition } from "../define-service.js";
import type { TablePicker } from "../picking/table-picker.js";
import { type RunningService, ServiceRuntime } from "../run-service.js";
import type { ClusterRecords } from "./cluster-records.js";
import type { FaultBoard } from "./fault-board.js";
import type { FaultPlace, Station } from "./fault-kinds.js";
import { type FaultyInstance, wrapHandlers } from "./handler-faults.js";
import type { DialRequest, MemoryNetwork, NetworkPeer } from "./memory-network.js";
import { type MemoryAddress, type MemorySocket, systemError } from "./memory-socket.js";
import type { TestClock } from "./test-clock.js";

export interface InstanceOptions {
  readonly service: string;
  readonly index: number;
  readonly at: MemoryAddress;
  readonly definition: ServiceDefinition;
  /** Text of its config.ini. */
  readonly config: string;
  readonly clock: TestClock;
  readonly random: Random;
  readonly faults: FaultBoard;
  readonly records: ClusterRecords;
  readonly network: MemoryNetwork;
  /** Who has this IP address. */
  readonly stationAt: (host: string) => Station;
  /** With an empty memory, as a new machine has. */
  readonly createPicker: () => TablePicker;
}

export class TestInstance implements FaultyInstance, NetworkPeer {
  readonly service: string;
  readonly index: number;
  readonly host: string;
  /** `ip:port`; it exists in this cluster only. */
  readonly address: `${string}:${number}`;
  readonly #options: InstanceOptions;
  readonly #inbound = new Map<string, MemorySocket>();
  readonly #outbound = new Set<MemorySocket>();
  #running: RunningService | undefined;
  #metrics: MetricEmitter | undefined;
  #isKilled = false;

  constructor(options: InstanceOptions) {
    const { service, index, at } = options;
    this.#options = options;
    this.service = service;
    this.index = index;
    this.host = at.host;
    this.address = `${at.host}:${at.port}`;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Connections from callers. */
  get connections(): number {
    return this.#inbound.size;
  }

  /** As hooks of the service get it. */
  get app(): ServiceApp | undefined {
    return this.#running?.app;
  }

  /** Counts of `add`, last values of `set`, since the instance was made. */
  metrics(): ReadonlyMap<string, number> {
    this.#metrics?.flush();
    return this.#options.records.metricsOf(this.station);
  }

  async start(): Promise<void> {
    const { definition, records, clock, random, config: text } = this.#options;
    const config = { ...parseServiceConfig(text), listen: [] };
    const sink = records.sink(this.station);
    const metrics = new MetricEmitter({ service: this.service, openSink: () => sink });
    const services = definition.services.map((binding) => wrapHandlers(binding, this, this.#options));
    const { fini, ...hooks } = definition.hooks;
    const own: ServiceDefinition = {
      ...definition,
      services,
      hooks: { ...hooks, ...(fini && { fini: (app) => (this.#isKilled ? undefined : fini(app)) }) },
    };
    const runtime = new ServiceRuntime(own, config, {
      service: this.service,
      logger: records.logger(this.station),
      onLogRecord: (record) => records.addLog(this.station, record),
      tls: undefined,
      wiring: {
        ...{ metrics, clock, random, picker: this.#options.createPicker() },
        dial: (request) => this.#dial(request),
        openUdp: this.#openUdp,
        onRequest: (request) => records.addHop(this.station, request),
      },
    });
    try {
      await runtime.start();
      const { host, port } = this.#options.at;
      await runtime.server.listenUdp({ host, port, limits: datagramLimits(config), open: this.#openUdp });
    } catch (error) {
      await runtime.stop({ graceMs: 0 });
      throw error;
    }
    this.#isKilled = false;
    this.#metrics = metrics;
    this.#running = runtime;
  }

  /** In order: refuses new work, finishes what is under way, runs the fini hook. */
  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  /** As `kill -9`: connections are cut, nothing is finished, no hook runs. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    this.#isKilled = true;
    this.cutAll();
    this.#options.network.closePorts(this.#options.at.host);
    running.client.close();
    await running.stop({ graceMs: 0 });
  }

  get station(): Station {
    return { service: this.service, instance: this.index };
  }

  stationAt(peer: string): Station {
    return this.#options.stationAt(parseHostPort(peer).host);
  }

  get isUp(): boolean {
    return this.#running !== undefined && !this.#running.server.isStopping;
  }

  accept(socket: MemorySocket): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#inbound.set(peer, socket);
    socket.once("close", () => this.#inbound.delete(peer));
    this.#running?.server.accept(socket.asSocket());
  }

  cutConnectionOf(peer: string): void {
    this.#inbound.get(peer)?.cut();
  }

  /** @param place whose connections; default all */
  cutInbound({ from, fromInstance }: FaultPlace = {}): void {
    for (const [peer, socket] of this.#inbound) {
      const { service, instance } = this.stationAt(peer);
      if ((from ?? service) === service && (fromInstance ?? instance) === instance) socket.cut();
    }
  }

  cutAll(): void {
    this.cutInbound();
    for (const socket of this.#outbound) socket.cut();
  }

  readonly #openUdp: OpenUdp = (options) => this.#options.network.openUdp(this.#options.at.host, options);

  #dial(to: DialRequest): Promise<MemorySocket> | undefined {
    if (this.#isKilled) return Promise.reject(systemError("ECONNREFUSED", to));
    return this.#options.network.dial(this.#options.at.host, to)?.then((socket) => {
      this.#outbound.add(socket);
      socket.once("close", () => this.#outbound.delete(socket));
      return socket;
    });
  }
}
