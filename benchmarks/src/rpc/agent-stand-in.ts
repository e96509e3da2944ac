/**
 * The agent's place on the machine, as far as a call meets it: a log port that reads and discards, a metric ring that is emptied once a
 * second, and live tables. One process serves the homes of all pairs.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { homePaths } from "@msec/core";
import { adoptSharedRead, attachInput } from "@msec/net";
import { createMonitorRing, type LiveTableWriter, openLiveTableWriter } from "@msec/shm";

export interface Announcement {
  readonly home: string;
  readonly service: string;
  readonly port: number;
}

/** The agent's default. */
const RING_SLOTS = 100_000;
const EMPTY_EVERY_MS = 1_000;

export class AgentStandIn {
  readonly #homes: string[] = [];
  readonly #tables: LiveTableWriter[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #logAddress = "";
  #logBytes = 0;

  /** Bytes of log and hop records so far. */
  get logBytes(): number {
    return this.#logBytes;
  }

  async start(): Promise<void> {
    const server = createServer({ pauseOnConnect: true }, (accepted) => {
      const socket = adoptSharedRead(accepted);
      socket.on("error", () => socket.destroy());
      attachInput(socket, (_bytes, start, end) => {
        this.#logBytes += end - start;
      });
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#logAddress = `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  createHome(): string {
    const home = mkdtempSync(join(tmpdir(), "msec-bench-"));
    this.#homes.push(home);
    const paths = homePaths(home);
    for (const path of [paths.naming, dirname(paths.monitorRing)]) mkdirSync(path, { recursive: true });
    const ring = createMonitorRing(paths.monitorRing, { elementCount: RING_SLOTS });
    const empty = (): void => {
      while (ring.get() !== undefined);
    };
    this.#timers.push(setInterval(empty, EMPTY_EVERY_MS));
    writeFileSync(paths.agentInfo, JSON.stringify({ logAddress: this.#logAddress }));
    return home;
  }

  announce({ home, service, port }: Announcement): void {
    const writer = openLiveTableWriter(homePaths(home).liveTable(service));
    writer.setMembers(1, [{ host: "127.0.0.1", port, transport: "all", weight: 100 }]);
    this.#tables.push(writer);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const table of this.#tables) table.close();
    for (const home of this.#homes) rmSync(home, { recursive: true, force: true });
  }
}
