/**
 * Ours. `msec` is what a service author gets: `runService` with context, metrics into the machine's ring and a hop record per request to
 * the agent's log port; the caller picks from the live table in shared memory, reports to the balancer and counts its calls. The
 * variants leave parts out, so that the parts can be priced.
 */
import { bindService, createRpcClient, createRpcServer, type RpcServer } from "@msec/rpc";
import { openSharedServer } from "@msec/rpc/process";
import { defineService, runService, type ServiceContext, tablePicker } from "@msec/sdk";
import { EchoService } from "../echo-message.js";
import { openHttp } from "./http-client.js";
import { telemetryEvents } from "./msec-telemetry.js";
import type { Caller, OpenOptions, Peer, ServeOptions } from "./peer.js";

/** Names under which servers are announced in live tables. */
export const SERVICE = "Bench.echo";
export const SECOND_SERVICE = "Bench.second";
const CALLER = "Bench.caller";
const TIMEOUT_MS = 10_000;
const SLEEP_MS = 100;
const MAX_IN_FLIGHT = 100_000;

/** What the server and the client of a variant have. */
interface Features {
  readonly metrics: boolean;
  readonly hops: boolean;
  readonly context: boolean;
}

const NONE: Features = { metrics: false, hops: false, context: false };
const ALL: Features = { metrics: true, hops: true, context: true };

interface Echo {
  readonly text: string;
}

const echoHandlers = { echo: (request: Echo) => request, echoAsync: async (request: Echo) => request };

const handlers = {
  ...echoHandlers,
  sleep: (request: Echo) => new Promise<Echo>((resolve) => setTimeout(resolve, SLEEP_MS, request)),
  forward: (request: Echo, ctx: ServiceContext) =>
    ctx.call(EchoService.methods.Echo, SECOND_SERVICE, request, { timeoutMs: TIMEOUT_MS }),
  forwardSleep: (request: Echo, ctx: ServiceContext) =>
    ctx.call(EchoService.methods.Sleep, SECOND_SERVICE, request, { timeoutMs: TIMEOUT_MS }),
};

async function portOf(server: RpcServer, { transport, port }: ServeOptions): Promise<number> {
  const at = { host: "127.0.0.1", port };
  if (transport === "udp") return (await server.listenUdp(at)).port;
  return (await server.listen({ server: await openSharedServer(at) })).port;
}

function listenItems({ transport, port }: ServeOptions): string {
  return transport === "udp" ? `0/tcp ${port}/udp` : `${port}/tcp`;
}

async function serveFull(options: ServeOptions): Promise<number> {
  const { service, home, transport } = options;
  const config = `[SRPC]\nlisten = ${listenItems(options)}\nmax_in_flight = ${MAX_IN_FLIGHT}\n`;
  const running = await runService(defineService(EchoService, handlers), { service, config, bind: "127.0.0.1", home });
  const address = running.addresses.find((each) => each.endsWith(transport === "udp" ? "/udp" : "/tcp"));
  if (address === undefined) return await portOf(running.server, options);
  return Number(address.slice(address.indexOf(":") + 1, address.indexOf("/")));
}

async function servePart(options: ServeOptions, features: Features): Promise<number> {
  const { service, home } = options;
  const { metrics, hops, context } = features;
  const server = createRpcServer({
    service,
    services: [bindService(EchoService, handlers as never)],
    limits: { maxInFlight: MAX_IN_FLIGHT },
    asyncContext: context,
    ...((metrics || hops) && { events: telemetryEvents({ service, home, metrics, hops }) }),
  });
  return await portOf(server, options);
}

async function open(options: OpenOptions, metrics: boolean): Promise<Caller> {
  const { home, connections, transport, port, service, isShort } = options;
  if (transport === "http") return openHttp(options, `/?methodName=${EchoService.methods.Echo.fullName}`);
  const client = createRpcClient({
    service: CALLER,
    picker: tablePicker(home),
    ...(metrics && { events: telemetryEvents({ service: CALLER, home, metrics, hops: false }) }),
    ...(!isShort && { limits: { connectionsPerAddress: connections } }),
  });
  const method = EchoService.methods[options.method ?? "Echo"];
  const target = transport === "udp" ? `127.0.0.1:${port}@udp` : service;
  const callOptions = { timeoutMs: TIMEOUT_MS, shortConnection: isShort };
  return { kind: "promise", call: (text) => client.call(method, target, { text }, callOptions) };
}

/** With all but what is left out. */
function variant(features: Features): Peer {
  return {
    serve: (options) => servePart(options, features),
    open: (options) => open(options, features.metrics),
  };
}

/** All features on. */
export const msec: Peer = { serve: serveFull, open: (options) => open(options, true) };
/** All features on, and an `async` handler. */
export const msecAsync: Peer = {
  serve: serveFull,
  open: (options) => open({ ...options, method: "EchoAsync" }, true),
};
/** No metrics, no hop record, no context; picks and reports are left. */
export const msecBare = variant(NONE);
/** Without hop records. */
export const msecNoHop = variant({ ...ALL, hops: false });
/** Without metrics on both sides. */
export const msecNoMetrics = variant({ ...ALL, metrics: false });
/** Without `currentContext()` through awaits. */
export const msecNoContext = variant({ ...ALL, context: false });
