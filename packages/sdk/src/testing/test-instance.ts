/** One instance of a service in a cluster: started, killed and started again at the same address. */
import type { Random } from "@msec/core";
import { MetricEmitter } from "@msec/telemetry";
import type { ServiceApp, ServiceDefinition } from "../define-service.js";
import { type RunningService, ServiceRuntime } from "../run-service.js";
import { parseServiceConfig } from "../service-config.js";
import type { TablePicker } from "../table-picker.js";
import type { ClusterRecords } from "./cluster-records.js";
import type { FaultBoard, FaultyInstance } from "./faults.js";
import { type MemoryAddress, MemorySocket, systemError } from "./memory-socket.js";
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
  readonly onNews: () => void;
  /** With an empty memory, as a new machine has. */
  readonly createPicker: () => TablePicker;
  readonly dial: (from: MemoryAddress, to: MemoryAddress) => Promise<MemorySocket> | undefined;
}

export class TestInstance implements FaultyInstance {
  readonly service: string;
  readonly index: number;
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
    this.address = `${at.host}:${at.port}`;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** As hooks of the service get it. */
  get app(): ServiceApp | undefined {
    return this.#running?.app;
  }

  /** Counts of `add`, last values of `set`, since the instance was made. */
  metrics(): ReadonlyMap<string, number> {
    this.#metrics?.flush();
    return this.#options.records.metricsOf(this.#origin);
  }

  async start(): Promise<void> {
    const { definition, records, clock, random, config: text } = this.#options;
    const config = { ...parseServiceConfig(text), listen: [] };
    const sink = records.sink(this.#origin);
    const metrics = new MetricEmitter({ service: this.service, openSink: () => sink });
    const services = definition.services.map((binding) => this.#options.faults.wrap(binding, this));
    const { fini, ...hooks } = definition.hooks;
    const own: ServiceDefinition = {
      ...definition,
      services,
      hooks: { ...hooks, ...(fini && { fini: (app) => (this.#isKilled ? undefined : fini(app)) }) },
    };
    const runtime = new ServiceRuntime(own, config, {
      service: this.service,
      logger: records.logger(this.#origin),
      onLogRecord: (record) => records.addLog(this.#origin, record),
      tls: undefined,
      wiring: {
        ...{ metrics, clock, random, picker: this.#options.createPicker() },
        dial: ({ host, port }) => this.#dial({ host, port }),
        onRequest: (request) => records.addHop(this.#origin, request),
      },
    });
    try {
      await runtime.start();
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
    running.client.close();
    await running.stop({ graceMs: 0 });
  }

  /** A connection from another instance; undefined = nobody listens. */
  accept(from: MemoryAddress): MemorySocket | undefined {
    const running = this.#running;
    const { at: local, onNews, faults } = this.#options;
    if (running === undefined || running.server.isStopping || faults.isRefusing(this)) return undefined;
    const socket = new MemorySocket({ local, remote: from, onNews, isServer: true });
    const peer = `${from.host}:${from.port}`;
    this.#inbound.set(peer, socket);
    socket.once("close", () => this.#inbound.delete(peer));
    running.server.accept(socket.asSocket());
    return socket;
  }

  cutConnectionOf(peer: string): void {
    this.#inbound.get(peer)?.cut();
  }

  cutInbound(): void {
    for (const socket of this.#inbound.values()) socket.cut();
  }

  cutAll(): void {
    this.cutInbound();
    for (const socket of this.#outbound) socket.cut();
  }

  get #origin(): { readonly service: string; readonly instance: number } {
    return { service: this.service, instance: this.index };
  }

  #dial(to: MemoryAddress): Promise<MemorySocket> | undefined {
    if (this.#isKilled) return Promise.reject(systemError("ECONNREFUSED", to));
    return this.#options.dial(this.#options.at, to)?.then((socket) => {
      this.#outbound.add(socket);
      socket.once("close", () => this.#outbound.delete(socket));
      return socket;
    });
  }
}
