import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { NetAddressInUse, netError } from "@msec/net";

const RETRY_EVERY_MS = 100;

export interface SharedServerOptions {
  readonly host: string;
  readonly port: number;
  /**
   * How long a port that is in use is tried again. Default 2000: the processes of a killed predecessor may take a moment to go, and the
   * kernel frees their port only with the last of their threads.
   */
  readonly patienceMs?: number;
}

/**
 * A listening socket that the workers of one controller share: each of them accepts from it. In a process that is no worker, an
 * ordinary one. What connects before the caller listens to 'connection' is kept for its first listener.
 *
 * @throws NET_ADDRESS_IN_USE and the other reasons of `netError`, naming the address
 */
export function openSharedServer(options: SharedServerOptions): Promise<Server> {
  return retryWhileInUse(() => listen(options), options.patienceMs);
}

/** Repeats an `open` that fails since the port is in use. @throws what `open` threw last */
export async function retryWhileInUse<T>(open: () => Promise<T>, patienceMs = 2_000): Promise<T> {
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof NetAddressInUse) || performance.now() >= untilMs) throw error;
    }
    await sleep(RETRY_EVERY_MS);
  }
}

async function listen({ host, port }: SharedServerOptions): Promise<Server> {
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true });
  keepEarlyConnections(server);
  await new Promise<void>((resolve, reject) => {
    const onError = (error: Error): void => reject(netError(error, `${host}:${port}`));
    server.once("error", onError);
    server.listen({ host, port, backlog: 1024, exclusive: false }, () => {
      server.off("error", onError);
      resolve();
    });
  });
  return server;
}

/** A controller sends the first connection right behind its word that the worker listens: both are there before a promise goes on. */
function keepEarlyConnections(server: Server): void {
  const early: Socket[] = [];
  const keep = (socket: Socket): void => void early.push(socket);
  const handOver = (event: string | symbol): void => {
    if (event !== "connection") return;
    server.off("newListener", handOver);
    server.off("connection", keep);
    process.nextTick(() => {
      for (const socket of early) server.emit("connection", socket);
    });
  };
  server.on("connection", keep);
  server.on("newListener", handOver);
}
