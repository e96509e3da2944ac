/** The message with which node:cluster deals a connection to a worker, and what is added to it. Both ends: see deal-watch.ts. */

/** A worker takes a socket that was sent to it so long ago at most. */
export const TAKE_MS = 200;

export interface NewConnection {
  readonly cmd: "NODE_CLUSTER";
  readonly act: "newconn";
  readonly seq: number;
  /** The address that it came in at. node:cluster refuses sockets whose key it does not know. */
  key: unknown;
  /** By {@link machineMs}. */
  readonly takeByMs?: number;
}

export function isNewConnection(message: unknown): message is NewConnection {
  const { cmd, act, seq } = (message ?? {}) as Partial<Record<keyof NewConnection, unknown>>;
  return cmd === "NODE_CLUSTER" && act === "newconn" && typeof seq === "number";
}

/** Milliseconds of the clock that all processes of the machine share. */
export function machineMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/**
 * In a worker: from now on sockets that arrive too late are refused, since their controller is about to deal them to others.
 *
 * @returns undoes it
 */
export function refuseLateConnections(): () => void {
  const onMessage = (message: unknown): void => {
    if (!isNewConnection(message) || message.takeByMs === undefined) return;
    if (machineMs() > message.takeByMs) message.key = "";
  };
  process.prependListener("internalMessage" as never, onMessage as never);
  return () => process.off("internalMessage" as never, onMessage as never);
}
