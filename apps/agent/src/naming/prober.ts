/**
 * Tries instances that are out because they refused connections, so that no user's call has to: one that accepts a connection
 * again is let back in at once. Those that are out for slow or failed answers are left to trial calls, since the kernel accepts
 * connections for a process that hangs.
 */
import { connect } from "node:net";
import { DEFAULT_SETTINGS, isRefusing, reportProbe } from "@msec/balancer";
import { bootNowMs, type LiveTable } from "@msec/shm";

const MAX_PROBES_PER_ROUND = 100;
const TIMEOUT_MS = 500;

export interface ProberOptions {
  views(): Iterable<readonly [service: string, view: LiveTable]>;
  /** Default 1000. */
  readonly intervalMs?: number;
}

interface Suspect {
  readonly view: LiveTable;
  readonly slot: number;
  readonly generation: number;
}

export class Prober {
  readonly #options: ProberOptions;
  readonly #timer: NodeJS.Timeout;
  #isProbing = false;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#round(), options.intervalMs ?? 1_000);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #round(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    try {
      await Promise.all(findSuspects(this.#options.views()).map(probe));
    } finally {
      this.#isProbing = false;
    }
  }
}

function findSuspects(views: Iterable<readonly [string, LiveTable]>): Suspect[] {
  const suspects: Suspect[] = [];
  for (const [, view] of views) {
    for (const slot of view.snapshot.slots) {
      if (suspects.length >= MAX_PROBES_PER_ROUND) return suspects;
      if (isRefusing(view, slot) && view.transport(slot) !== "udp")
        suspects.push({ view, slot, generation: view.generation(slot) });
    }
  }
  return suspects;
}

async function probe({ view, slot, generation }: Suspect): Promise<void> {
  const answered = await acceptsConnection(view.host(slot), view.port(slot));
  if (view.generation(slot) !== generation) return; // another instance took the slot meanwhile
  reportProbe(view, slot, { answered, nowMs: bootNowMs(), settings: DEFAULT_SETTINGS });
}

/** Whether a TCP connection can be made within half a second. */
export function acceptsConnection(host: string, port: number, timeoutMs = TIMEOUT_MS): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
