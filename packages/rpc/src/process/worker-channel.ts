/** The worker's end of the talk with its controller (node's IPC channel). */

/** Worker → controller. */
export type WorkerMessage =
  | { readonly msec: "alive" }
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
}

const HEARTBEAT_MS = 1_000;
/** A sibling that hangs must not keep the others. */
const DRAINED_WAIT_MS = 1_000;

export interface WorkerChannel {
  /** The worker listens and its init hook succeeded. */
  ready(listen: readonly string[]): void;
  /** The listeners are closed. Resolves when no further connection can come in, at the latest after a second. */
  closed(): Promise<void>;
  /** It can't start. Resolves when the text is on its way; exit then. */
  failed(text: string): Promise<void>;
  close(): void;
}

/**
 * Reports to the controller once a second from the event loop, and ends this process when the controller is gone, so that a killed
 * controller leaves no worker and no port behind.
 *
 * @param onStop drain and exit. Called once, at the controller's word or at SIGTERM or SIGINT
 */
export function openWorkerChannel(onStop: () => void): WorkerChannel {
  let isStopping = false;
  let onDrained = (): void => undefined;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    onStop();
  };
  const send = (message: WorkerMessage, done: () => void = () => undefined): void => {
    if (process.connected && process.send) process.send(message, undefined, undefined, done);
    else done();
  };
  const onMessage = (message: unknown): void => {
    const { msec } = (message ?? {}) as Partial<ControllerMessage>;
    if (msec === "stop") stop();
    else if (msec === "drained") onDrained();
  };
  const onDisconnect = (): void => process.exit(1);
  process.on("message", onMessage);
  process.on("disconnect", onDisconnect);
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  send({ msec: "alive" });
  const timer = setInterval(() => send({ msec: "alive" }), HEARTBEAT_MS);
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
    failed: (text) => new Promise((resolve) => send({ msec: "failed", text }, resolve)),
    close: () => {
      clearInterval(timer);
      process.off("message", onMessage);
      process.off("disconnect", onDisconnect);
      process.off("SIGTERM", stop);
      process.off("SIGINT", stop);
    },
  };
}
