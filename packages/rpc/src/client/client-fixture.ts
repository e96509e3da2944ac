/** Servers with one service, clients, peers that misbehave, and a picker that keeps what it was told. Only for tests. */
import { createServer, type Server, type Socket } from "node:net";
import { createMessageType, type MessageType } from "@msec/protocol";
import { freePort } from "@msec/testkit";
import { expect, onTestFinished } from "vitest";
import {
  bindService,
  type CallOutcome,
  createRpcClient,
  createRpcServer,
  type Handler,
  type Picker,
  type RpcClient,
  type RpcClientOptions,
  type RpcServer,
  type RpcServerOptions,
} from "../index.js";

export interface Text {
  text: string;
}
export const TextType: MessageType<Text, Text> = createMessageType<Text, Text>("test.Text", [
  { kind: "scalar", scalar: "string", name: "text", number: 1, label: "required", packed: false },
]);
export const say = { fullName: "test.Echo.Say", name: "Say", input: TextType, output: TextType, isIdempotent: true };
export const order = { ...say, fullName: "test.Echo.Order", name: "Order", isIdempotent: false };
export const Echo = { typeName: "test.Echo", methods: { Say: say, Order: order } };
export type Say = Handler<typeof say>;

export interface Place {
  host: string;
  port: number;
}

/** Offers the places in turn, avoiding those tried, and keeps what was reported. */
export class ListPicker implements Picker {
  readonly reports: { port: number; outcome: CallOutcome; latencyMs: number }[] = [];
  places: readonly Place[];
  #turn = 0;

  constructor(places: readonly Place[]) {
    this.places = places;
  }

  pick(_service: string, tried: readonly string[]) {
    const fresh = this.places.filter(({ host, port }) => !tried.includes(`${host}:${port}`));
    const among = fresh.length > 0 ? fresh : this.places;
    const { host, port } = among[this.#turn++ % among.length]!;
    let isReported = false;
    const report = (outcome: CallOutcome, latencyMs: number): void => {
      if (isReported) throw new Error("reported twice");
      isReported = true;
      this.reports.push({ port, outcome, latencyMs });
    };
    return { host, port, transport: "tcp" as const, report };
  }

  outcomes(port: number): CallOutcome[] {
    return this.reports.filter((report) => report.port === port).map((report) => report.outcome);
  }
}

export async function startServer(
  handler: Say,
  options: Partial<RpcServerOptions> = {},
): Promise<Place & { server: RpcServer }> {
  const services = [bindService(Echo, { say: handler, order: handler })];
  const server = createRpcServer({ service: "Test.echo", services, ...options });
  onTestFinished(async () => void (await server.stop({ graceMs: 0 })));
  return { ...(await server.listen({ host: "127.0.0.1" })), server };
}

export function openClient(picker: Picker, options: Partial<RpcClientOptions> = {}): RpcClient {
  const client = createRpcClient({ service: "Test.caller", picker, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** A peer that accepts and does what the test says with each connection. */
export async function startRaw(onConnection: (socket: Socket) => void): Promise<Place & { raw: Server }> {
  const sockets = new Set<Socket>();
  const raw = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    raw.close();
  });
  return { host: "127.0.0.1", port: (raw.address() as { port: number }).port, raw };
}

/** An address where nothing listens. */
export async function deadPlace(): Promise<Place> {
  return { host: "127.0.0.1", port: await freePort() };
}

export const echo: Say = (request) => request;

export const ofReason = (reason: string): unknown => expect.objectContaining({ reason });
