/** A backend: a service as `runService` runs it, whose front door (the listening socket) is in our hands, so that it can be shut and cut. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { defineService, runService } from "@msec/sdk";
import type { EchoMessage } from "../rpc/echo-message.js";
import {
  CHAOS_SERVICE,
  ChaosService,
  ChaosUnavailable,
  DELAY_MS,
  type Misbehaviour,
  RESET_SHARE,
} from "./chaos-service.js";

export interface BackendArgs {
  /** A loopback address. */
  readonly host: string;
  readonly port: number;
}

export interface BackendRequest {
  readonly behave: Misbehaviour;
}

/** Sockets that were accepted and not closed yet. */
class Door {
  readonly #at: BackendArgs;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  constructor(at: BackendArgs, onConnection: (socket: Socket) => void) {
    this.#at = at;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
      onConnection(socket);
    });
  }

  async open(): Promise<void> {
    if (this.#server.listening) return;
    this.#server.listen(this.#at.port, this.#at.host);
    await once(this.#server, "listening");
  }

  shut(): void {
    this.#server.close();
    this.cut();
  }

  /** Peers see a reset. */
  cut(): void {
    for (const socket of this.#open) socket.resetAndDestroy();
  }
}

/** Resolves when it listens. */
export async function startBackend(at: BackendArgs): Promise<{
  value: number;
  answer(request: BackendRequest): Promise<void>;
}> {
  let behaviour: Misbehaviour = "none";
  const echo = async (request: EchoMessage): Promise<EchoMessage> => {
    if (behaviour === "delay") await sleep(DELAY_MS);
    else if (behaviour === "errors") throw new ChaosUnavailable({});
    else if (behaviour === "bugs") throw new Error("told to have a bug");
    else if (behaviour === "resets" && Math.random() < RESET_SHARE) door.cut();
    return request;
  };
  const running = await runService(defineService(ChaosService, { echo }), {
    service: CHAOS_SERVICE,
    config: "[SRPC]\nlisten = 0/tcp\n",
    bind: "127.0.0.1",
  });
  const door = new Door(at, (socket) => running.server.accept(socket));
  await door.open();
  return {
    value: process.pid,
    answer: async ({ behave }) => {
      behaviour = behave;
      if (behave === "refuse") door.shut();
      else await door.open();
    },
  };
}
