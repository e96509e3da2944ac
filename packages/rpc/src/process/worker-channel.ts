/** The worker's end of the talk with its controller (node's IPC channel). */

import { refuseLateConnections } from "./deal-message.js";
import type { WorkerStat } from "./service-stat.js";

/** Worker → controller. */
export type WorkerMessage =
  | { readonly msec: "alive"; readonly stat?: WorkerStat }
  /** Something of it is not as it should be, but it serves; "" = it is again. */
  | { readonly msec: "notice"; readonly text: string }
  | { readonly msec: "ready"; readonly listen: readonly string[] }
  /** It accepts no more connections. */
  | { readonly msec: "closed" }
  | { readonly msec: "failed"; readonly text: string };

/**
 * Controller → worker. `stop`: close the listeners and say `closed`. `drained`: no connection comes in any more, on no way; now tell
 * the callers to go elsewhere. Told before, they would dial a port that still accepts but has nobody to serve it.
 */
export interface ControllerMessage {
  readonly msec: "stop" | "drained";
  /** With `stop`: others serve in its place. */
  readonly isHandover?: boolean;
}

/** How to end. `isHandover`: other workers take what comes in; finish what is under way and refuse nobody. */
export interface StopOrder {
  readonly isHandover: boolean;
}

const HEARTBEAT_MS = 1_000;
/** A sibling that hangs must not keep the others. */
const DRAINED_WAIT_MS = 1_000;

export interface WorkerChannel {
  /** The worker listens and its init hook succeeded. */
  ready(listen: readonly string[]): void;
  /** The listeners are closed. Resolves when no further connection can come in, at the latest after a second. */
  closed(): Promise<void>;
  /** Tells the state file that something is wrong although it serves; "" takes it back. */
  notice(text: string): void;
  /** The last numbers before the end. Resolves when they are on their way. */
  report(): Promise<void>;
  /** It can't start. Resolves when the text is on its way; exit then. */
  failed(text: string): Promise<void>;
  close(): void;
}

/**
 * Reports to the controller once a second from the event loop, and ends this process when the controller is gone, so that a killed
 * controller leaves no worker and no port behind.
 *
 * @param onStop drain and exit. Called once, at the controller's word or at SIGTERM or SIGINT
 * @param stat sent with each report
 */
export function openWorkerChannel(
  onStop: (order: StopOrder) => void,
  stat: () => WorkerStat | undefined = () => undefined,
): WorkerChannel {
  let isStopping = false;
  let onDrained = (): void => undefined;
  const stopAs = (order: StopOrder): void => {
    if (isStopping) return;
    isStopping = true;
    onStop(order);
  };
  const stop = (): void => stopAs({ isHandover: false });
  const alive = (): void => {
    const now = stat();
    send(now === undefined ? { msec: "alive" } : { msec: "alive", stat: now });
  };
  const send = (message: WorkerMessage, done: () => void = () => undefined): void => {
    if (process.connected && process.send) process.send(message, undefined, undefined, done);
    else done();
  };
  const onMessage = (message: unknown): void => {
    const { msec, isHandover = false } = (message ?? {}) as Partial<ControllerMessage>;
    if (msec === "stop") stopAs({ isHandover });
    else if (msec === "drained") onDrained();
  };
  const onDisconnect = (): void => process.exit(1);
  process.on("message", onMessage);
  process.on("disconnect", onDisconnect);
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  const takeAll = refuseLateConnections();
  alive();
  const timer = setInterval(alive, HEARTBEAT_MS);
  return {
    ready: (listen) => send({ msec: "ready", listen }),
    closed: () =>
      new Promise((resolve) => {
        if (!process.connected) return resolve();
        const timer = setTimeout(resolve, DRAINED_WAIT_MS);
        onDrained = () => {
          clearTimeout(timer);
          resolve();
        };
        send({ msec: "closed" });
      }),
    notice: (text) => send({ msec: "notice", text }),
    report: () =>
      new Promise((resolve) => {
        const now = stat();
        if (now === undefined) resolve();
        else send({ msec: "alive", stat: now }, resolve);
      }),
    failed: (text) => new Promise((resolve) => send({ msec: "failed", text }, resolve)),
    close: () => {
      clearInterval(timer);
      takeAll();
      process.off("message", onMessage);
      process.off("disconnect", onDisconnect);
      process.off("SIGTERM", stop);
      process.off("SIGINT", stop);
    },
  };
}
