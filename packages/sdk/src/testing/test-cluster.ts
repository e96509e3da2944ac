/**
 * A small installation inside one process, for tests of services: any number of instances of any number of services, joined by
 * connections in memory, on virtual time, with faults at the test's word. Server, client, balancer, budgets, deadlines, metrics and
 * hop records are the real ones. Equal seeds give equal runs, as long as the services take time and chance from nowhere else.
 */

import { seededRandom } from "@msec/balancer";
import { formatServiceName, parseServiceName, type Random } from "@msec/core";
import type { InitOf, MessageOf, MessageType, MethodType, ServiceType } from "@msec/protocol";
import { type Caller, type CallOptions, createRpcClient, type RpcClient, type Stub } from "@msec/rpc";
import { ClusterInvalid, ServiceUnknown } from "../errors.js";
import { TablePicker } from "../picking/table-picker.js";
import type { InstanceTarget, TestClusterOptions, TestService } from "./cluster-options.js";
import { type ClusterHop, type ClusterLog, ClusterRecords } from "./cluster-records.js";
import { FaultBoard } from "./fault-board.js";
import type { Fault, FaultPlace, Station } from "./fault-kinds.js";
import { addressOf, MemoryNetwork } from "./memory-network.js";
import { MemoryTable, type NamedInstances } from "./memory-table.js";
import { realClock, type TestClock, VirtualClock } from "./test-clock.js";
import { TestInstance } from "./test-instance.js";
import { installVirtualGlobals } from "./virtual-globals.js";

export interface TestCluster<N extends string = string> {
  readonly clock: TestClock;
  /** Calls as a client of the machine park would, under the name `Test.client`. */
  call<I extends MessageType, O extends MessageType>(
    method: MethodType<I, O>,
    target: N | InstanceTarget,
    request: InitOf<I>,
    options?: CallOptions,
  ): Promise<MessageOf<O>>;
  stub<S extends ServiceType>(service: S, target: N | InstanceTarget, options?: CallOptions): Stub<S>;
  /** All ways to call, for code under test that wants a client. */
  readonly caller: Caller;
  /** @param index from 0 */
  instance(service: N, index?: number): TestInstance;
  /** What is meant for the instances of a service, or comes from them, fails as told. @returns ends it @throws EXEC_CLUSTER_INVALID */
  fault(service: N, place: FaultPlace<N>, fault: Fault): () => void;
  clearFaults(): void;
  /** As `kill -9`. */
  kill(service: N, index?: number): Promise<void>;
  /** Starts an instance again that was killed or stopped, or that runs (then it is stopped in order before). */
  restart(service: N, index?: number): Promise<void>;
  /** Metrics of a service since the start, all instances together or one: attribute → sum of `add`, or value of `set`. */
  metrics(service: N, index?: number): Readonly<Record<string, number>>;
  /** What was logged, oldest first. */
  logs(): readonly ClusterLog[];
  /** The requests that ended, oldest first. */
  hops(): readonly ClusterHop[];
  /** Stops all in order and gives the timers back. */
  close(): Promise<void>;
}

const PORT = 7963;
const CLIENT_HOST = "10.0.0.1";
const CLIENT: Station = { service: "Test.client", instance: 0 };
const DEFAULT_CONFIG = "[LOG]\nLevel=TRACE\n";

class MemoryCluster<N extends string> implements TestCluster<N> {
  readonly clock: TestClock;
  readonly caller: Caller;
  readonly #virtual: VirtualClock | undefined;
  readonly #client: RpcClient;
  readonly #seed: number;
  readonly #faults: FaultBoard;
  readonly #records: ClusterRecords;
  readonly #instances: TestInstance[];
  readonly #names = new Map<string, NamedInstances>();
  readonly #network: MemoryNetwork;
  readonly #restoreGlobals: () => void;
  #sources = 0;
  #closing: Promise<void> | undefined;

  constructor(options: TestClusterOptions<N>) {
    this.#virtual = options.clock === "real" ? undefined : new VirtualClock();
    this.clock = this.#virtual ?? realClock();
    this.#seed = options.seed ?? 1;
    this.#faults = new FaultBoard(this.#newRandom());
    const startMs = this.clock.monotonicMs();
    this.#records = new ClusterRecords(() => this.clock.monotonicMs() - startMs);
    this.#network = new MemoryNetwork({
      ...{ clock: this.clock, faults: this.#faults },
      onNews: () => this.#virtual?.noteNews(),
      stationAt: (host) => this.#stationAt(host),
      peerAt: (address) => this.#instances.find((each) => each.address === address),
    });
    this.#instances = options.services.flatMap((service, n) => this.#createInstances(service, n));
    for (const [name, addresses] of Object.entries(options.routes ?? {})) this.#addName(name, { addresses });
    this.#client = createRpcClient({
      service: CLIENT.service,
      picker: this.#createPicker(),
      clock: this.clock,
      random: this.#newRandom(),
      dial: (request) => this.#network.dial(CLIENT_HOST, request),
      openUdp: (request) => this.#network.openUdp(CLIENT_HOST, request),
    });
    this.caller = this.#client;
    this.#restoreGlobals = installVirtualGlobals(this.#virtual, options.globals);
  }

  async start(): Promise<void> {
    try {
      for (const instance of this.#instances) await this.clock.until(instance.start());
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  call<I extends MessageType, O extends MessageType>(
    method: MethodType<I, O>,
    target: string,
    request: InitOf<I>,
    options?: CallOptions,
  ): Promise<MessageOf<O>> {
    return this.#client.call(method, target, request, options);
  }

  stub<S extends ServiceType>(service: S, target: string, options?: CallOptions): Stub<S> {
    return this.#client.stub(service, target, options);
  }

  instance(service: string, index = 0): TestInstance {
    const found = this.#instances.find((each) => each.service === service && each.index === index);
    if (found === undefined) throw new ClusterInvalid({ problem: `there is no instance ${index} of ${service}` });
    return found;
  }

  fault(service: string, place: FaultPlace<N>, fault: Fault): () => void {
    const struck = this.#instancesOf(service, place.instance);
    if (place.from !== undefined && place.from !== CLIENT.service) this.instance(place.from, place.fromInstance);
    const end = this.#faults.add(service, place, fault);
    if (fault.kind === "refuse") for (const instance of struck) instance.cutInbound(place);
    return end;
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  kill(service: string, index = 0): Promise<void> {
    return this.clock.until(this.instance(service, index).kill());
  }

  async restart(service: string, index = 0): Promise<void> {
    const instance = this.instance(service, index);
    await this.clock.until(instance.stop());
    await this.clock.until(instance.start());
  }

  metrics(service: string, index?: number): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const instance of this.#instancesOf(service, index)) {
      for (const [name, value] of instance.metrics()) sums[name] = (sums[name] ?? 0) + value;
    }
    return sums;
  }

  logs(): readonly ClusterLog[] {
    return this.#records.logs;
  }

  hops(): readonly ClusterHop[] {
    return this.#records.hops;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      this.#faults.clear();
      this.#client.close();
      await this.clock.until(Promise.all(this.#instances.map((instance) => instance.stop())));
    } finally {
      this.#restoreGlobals();
    }
  }

  #instancesOf(service: string, index: number | undefined): readonly TestInstance[] {
    if (index !== undefined) return [this.instance(service, index)];
    return this.#instances.filter((each) => each.service === service);
  }

  #createInstances(
    { service, definition, instances = 1, config = DEFAULT_CONFIG, transport }: TestService,
    n: number,
  ): TestInstance[] {
    const places = Array.from({ length: instances }, (_, index) => ({
      host: `10.0.${n + 1}.${index + 1}`,
      port: PORT,
    }));
    this.#addName(service, { addresses: places.map(addressOf), transport });
    const { clock } = this;
    return places.map(
      (at, index) =>
        new TestInstance({
          ...{ service, index, at, definition, config, clock },
          ...{ random: this.#newRandom(), faults: this.#faults, records: this.#records },
          network: this.#network,
          stationAt: (host) => this.#stationAt(host),
          createPicker: () => this.#createPicker(),
        }),
    );
  }

  #stationAt(host: string): Station {
    return this.#instances.find((each) => each.host === host)?.station ?? CLIENT;
  }

  #addName(name: string, named: NamedInstances): void {
    const service = formatServiceName(parseServiceName(name));
    if (this.#names.has(service)) throw new ClusterInvalid({ problem: `${service} is there twice` });
    this.#names.set(service, named);
  }

  /** What one machine knows; each has its own experience. */
  #createPicker(): TablePicker {
    const openTable = (service: string): MemoryTable => {
      const named = this.#names.get(service);
      if (named === undefined) throw new ServiceUnknown({ service, path: "the list of services of this cluster" });
      return new MemoryTable(named);
    };
    return new TablePicker("", { openTable, nowMs: () => this.clock.monotonicMs(), random: this.#newRandom() });
  }

  /** Sources that don't depend on each other. */
  #newRandom(): Random {
    this.#sources++;
    return seededRandom(Math.imul(this.#seed + this.#sources, 0x9e37_79b1) ^ this.#sources);
  }
}

/**
 * Starts the services, in the order of the list, and resolves when all their init hooks have succeeded.
 *
 * @throws EXEC_CLUSTER_INVALID, NAME_INVALID, CFG_INVALID, EXEC_INIT_FAILED
 */
export async function createTestCluster<const N extends string>(
  options: TestClusterOptions<N>,
): Promise<TestCluster<N>> {
  const cluster = new MemoryCluster<N>(options);
  await cluster.start();
  return cluster;
}
