/** The worker's end of the talk with its controller (node's IPC channel). */
import type { ServicePhase } from "./supervisor.js";

/** Worker → controller. */
export type WorkerMessage =
  | { readonly msec: "alive" }
  | { readonly msec: "ready"; readonly listen: readonly string[] }
  | { readonly msec: "failed"; readonly text: string };

/** Controller → worker. */
export interface ControllerMessage {
  readonly msec: "stop";
  readonly phase: ServicePhase;
}

export const HEARTBEAT_MS = 1_000;

export interface WorkerChannel {
  /** The worker listens and its init hook succeeded. */
  ready(listen: readonly string[]): void;
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
    if ((message as ControllerMessage | null)?.msec === "stop") stop();
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
