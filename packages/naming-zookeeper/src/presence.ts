/**
 * Machines in ZooKeeper: `/serverheartbeat/<ip>` says that a machine is alive, `/loadreport/<ip>` how busy it is. Agents of the old
 * kind write their own; for ours the console does, within its session. Only old agents heed them: to ours "dead" is what calls say.
 *
 * A node that another session owns is left alone and watched: either an agent of the old kind is alive there, or its session ends
 * soon and ours takes its place at once. So a restart makes no gap that an old agent would take for a death.
 */
import { type Clock, isIpv4, type Logger, toAppError } from "@msec/core";
import { ZookeeperUnavailable } from "./errors.js";
import { HEARTBEATS, LOADS } from "./tree.js";
import type { NodeEvent } from "./wire.js";
import type { ZookeeperClient } from "./zookeeper-client.js";

const EMPTY = new Uint8Array();
/** The archived agent reports as often. */
const LOAD_EVERY_MS = 20_000;
const LOAD_LEAST_BYTES = 10;

/** Numbers of `/loadreport/<ip>`, nlb.md §2.3. */
export interface MachineLoad {
  /** 0 to 100. */
  readonly cpuPercent: number;
  readonly memoryTotalBytes: number;
  readonly memoryFreeBytes: number;
}

export interface PresenceOptions {
  readonly client: ZookeeperClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A machine that was not heard of for so long is taken out. Default 15 s. */
  readonly goneAfterMs?: number;
  /** After a start: nodes of our own session for machines that did not come back by then are taken out. Default 60 s. */
  readonly returnWithinMs?: number;
}

/** A machine with an agent of the old kind. */
export interface OldMachine {
  readonly address: string;
  /** Missing: it has not reported. */
  readonly load?: MachineLoad & { readonly atMs: number };
}

interface Machine {
  load: MachineLoad | undefined;
  heardAtMs: number;
  loadSentAtMs: number;
  isOurs: boolean;
}

export class Presence {
  readonly #options: PresenceOptions;
  readonly #machines = new Map<string, Machine>();
  readonly #timer: NodeJS.Timeout;
  #cleanAtMs: number;
  #working: Promise<void> = Promise.resolve();

  constructor(options: PresenceOptions) {
    this.#options = options;
    const { clock, goneAfterMs = 15_000, returnWithinMs = 60_000 } = options;
    this.#cleanAtMs = clock.monotonicMs() + returnWithinMs;
    this.#timer = setInterval(() => this.#tick(), Math.max(10, Math.min(goneAfterMs, returnWithinMs) / 3)).unref();
  }

  /** One of our agents is alive; again every few seconds. */
  beat(address: string, load?: MachineLoad): void {
    if (!isIpv4(address)) return;
    const heardAtMs = this.#options.clock.monotonicMs();
    const machine = this.#machines.get(address);
    if (machine) {
      machine.heardAtMs = heardAtMs;
      machine.load = load ?? machine.load;
      return;
    }
    this.#machines.set(address, { load, heardAtMs, loadSentAtMs: -LOAD_EVERY_MS, isOurs: false });
    this.#later(() => this.#appear(address));
  }

  onConnected(opts: { isNewSession: boolean }): void {
    for (const [address, machine] of this.#machines) {
      if (opts.isNewSession) machine.isOurs = false;
      this.#later(() => this.#appear(address));
    }
  }

  onEvent(event: NodeEvent): void {
    const address = event.path.startsWith(`${HEARTBEATS}/`) ? event.path.slice(HEARTBEATS.length + 1) : "";
    if (this.#machines.has(address)) this.#later(() => this.#appear(address));
  }

  /** Asks ZooKeeper. @throws {ZookeeperUnavailable} */
  async oldMachines(): Promise<readonly OldMachine[]> {
    const { client } = this.#options;
    const addresses = await client.children(HEARTBEATS, { watch: false });
    const others = addresses.filter((address) => isIpv4(address) && this.#machines.get(address)?.isOurs !== true);
    const found = await Promise.all(others.toSorted().map((address) => this.#oldMachine(address)));
    return found.filter((machine) => machine !== undefined);
  }

  /** Resolved when all that was begun is done. */
  settled(): Promise<void> {
    return this.#working;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
  }

  async #oldMachine(address: string): Promise<OldMachine | undefined> {
    const { client } = this.#options;
    const stat = await client.exists(`${HEARTBEATS}/${address}`, { watch: false });
    if (!stat || stat.owner === client.session.id) return undefined;
    const report = await client.read(`${LOADS}/${address}`, { watch: false });
    const load = report && tryReadLoad(report.data);
    return { address, ...(load && { load }) };
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const { client, goneAfterMs = 15_000 } = this.#options;
    for (const [address, machine] of this.#machines) {
      if (nowMs - machine.heardAtMs > goneAfterMs) {
        this.#machines.delete(address);
        this.#later(() => this.#disappear(address));
      } else if (client.isConnected && machine.isOurs && nowMs - machine.loadSentAtMs >= LOAD_EVERY_MS)
        this.#later(() => this.#report(address, machine));
    }
    if (!client.isConnected || nowMs < this.#cleanAtMs) return;
    this.#cleanAtMs = Number.POSITIVE_INFINITY;
    this.#later(() => this.#removeLeftOver());
  }

  /** One after the other; what fails for want of ZooKeeper is done after the next connection. */
  #later(work: () => Promise<void>): void {
    this.#working = this.#working.then(work).catch((error: unknown) => {
      if (error instanceof ZookeeperUnavailable) return;
      const { reason, message } = toAppError(error);
      this.#options.logger.warn("a machine's node in ZooKeeper can't be kept", { reason, message });
    });
  }

  async #appear(address: string): Promise<void> {
    const { client } = this.#options;
    const machine = this.#machines.get(address);
    if (!machine || !client.isConnected) return;
    const path = `${HEARTBEATS}/${address}`;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const outcome = await client.create(path, EMPTY, { access: "open", ephemeral: true });
      if (outcome === "made") return this.#arrived(address, machine);
      if (outcome === "no parent") await client.ensure(HEARTBEATS, "open");
      const stat = outcome === "exists" ? await client.exists(path, { watch: true }) : undefined;
      if (!stat) continue;
      if (stat.owner === client.session.id) return this.#arrived(address, machine);
      machine.isOurs = false;
      return;
    }
  }

  async #arrived(address: string, machine: Machine): Promise<void> {
    machine.isOurs = true;
    await this.#report(address, machine);
  }

  async #report(address: string, machine: Machine): Promise<void> {
    const { client, clock } = this.#options;
    if (!machine.load || !client.isConnected) return;
    machine.loadSentAtMs = clock.monotonicMs();
    const path = `${LOADS}/${address}`;
    const data = formatLoad(machine.load, clock.nowMs());
    if ((await client.write(path, data, -1)) !== "gone") return;
    const opts = { access: "open", ephemeral: true } as const;
    if ((await client.create(path, data, opts)) !== "no parent") return;
    await client.ensure(LOADS, "open");
    await client.create(path, data, opts);
  }

  async #disappear(address: string): Promise<void> {
    const { client } = this.#options;
    if (this.#machines.has(address) || !client.isConnected) return;
    for (const path of [`${HEARTBEATS}/${address}`, `${LOADS}/${address}`]) {
      const stat = await client.exists(path, { watch: false });
      if (stat?.owner === client.session.id) await client.remove(path, -1);
    }
  }

  async #removeLeftOver(): Promise<void> {
    for (const address of await this.#options.client.children(HEARTBEATS, { watch: false }))
      await this.#disappear(address);
  }
}

/** In the order of the archived agent. */
function formatLoad({ cpuPercent, memoryTotalBytes, memoryFreeBytes }: MachineLoad, atMs: number): Buffer {
  const cpu = Math.min(100, Math.max(0, Math.round(cpuPercent)));
  const kilobytes = (bytes: number) => Math.max(0, Math.round(bytes / 1024));
  const report = { timestamp: atMs, cpu, mem_total: kilobytes(memoryTotalBytes), mem_free: kilobytes(memoryFreeBytes) };
  return Buffer.from(JSON.stringify(report));
}

/** Less than 10 bytes are no report, as to the archived console. */
function tryReadLoad(data: Buffer): OldMachine["load"] | undefined {
  if (data.length < LOAD_LEAST_BYTES) return undefined;
  try {
    const raw = JSON.parse(data.toString().replace(/\0.*$/s, "")) as Record<string, unknown>;
    const [atMs, cpuPercent, total, free] = [raw.timestamp, raw.cpu, raw.mem_total, raw.mem_free].map(Number);
    if (![atMs, cpuPercent, total, free].every(Number.isFinite)) return undefined;
    const memory = { memoryTotalBytes: (total ?? 0) * 1024, memoryFreeBytes: (free ?? 0) * 1024 };
    return { atMs: atMs ?? 0, cpuPercent: cpuPercent ?? 0, ...memory };
  } catch {
    return undefined;
  }
}
