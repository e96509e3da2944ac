/**
 * Ours. `msec` is what a service author gets: `runService` with context, metrics into the machine's ring and a hop record per request to
 * the agent's log port; the caller picks from the live table in shared memory, reports to the balancer and counts its calls. The
 * variants leave parts out, so that the parts can be priced.
 */
import { homePaths } from "@msec/core";
import { bindService, createRpcClient, createRpcServer, type RpcServer } from "@msec/rpc";
import { defineService, runService, tablePicker } from "@msec/sdk";
import { createRingOpener, FrameworkMetrics, MetricEmitter } from "@msec/telemetry";
import { EchoService } from "../echo-message.js";
import type { Caller, OpenOptions, Peer, ServeOptions } from "./peer.js";

/** Name under which the server is announced in the live table. */
export const SERVICE = "Bench.echo";
const CALLER = "Bench.caller";
const TIMEOUT_MS = 10_000;

export interface MsecFeatures {
  /** The author's handler is `async`. */
  readonly isAsync?: boolean;
  readonly metrics: boolean;
}

async function portOf(server: RpcServer, { transport, port }: ServeOptions): Promise<number> {
  const at = { host: "127.0.0.1", port };
  return (transport === "udp" ? await server.listenUdp(at) : await server.listen(at)).port;
}

const handlers = {
  echo: (request: { text: string }) => request,
  echoAsync: async (request: { text: string }) => request,
};

function listenItems({ transport, port }: ServeOptions): string {
  return transport === "udp" ? `0/tcp ${port}/udp` : `${port}/tcp`;
}

async function serveFull(options: ServeOptions): Promise<number> {
  const running = await runService(defineService(EchoService, handlers), {
    service: SERVICE,
    config: `[SRPC]\nlisten = ${listenItems(options)}\nmax_in_flight = 100000\n`,
    bind: "127.0.0.1",
    home: options.home,
  });
  const address = running.addresses.find((each) => each.endsWith(`/${options.transport}`));
  if (address === undefined) return await portOf(running.server, options);
  return Number(address.slice(address.indexOf(":") + 1, address.indexOf("/")));
}

async function serveBare(options: ServeOptions): Promise<number> {
  const services = [bindService(EchoService, handlers)];
  return await portOf(createRpcServer({ service: SERVICE, services, asyncContext: false }), options);
}

type Events = NonNullable<Parameters<typeof createRpcClient>[0]["events"]>;

/** As the SDK wires a service's own client. */
function metricEvents(home: string): Events {
  const emitter = new MetricEmitter({ service: CALLER, openSink: createRingOpener(homePaths(home).monitorRing) });
  const metrics = new FrameworkMetrics(emitter.start());
  return { onRequest: () => undefined, onCall: (call) => metrics.onCall(call) };
}

async function open(options: OpenOptions, features: MsecFeatures): Promise<Caller> {
  const { home, connections, transport, port } = options;
  const picker = tablePicker(home);
  const method = features.isAsync ? EchoService.methods.EchoAsync : EchoService.methods.Echo;
  const events = features.metrics ? metricEvents(home) : undefined;
  const openClient = () =>
    createRpcClient({
      service: CALLER,
      picker,
      ...(events && { events }),
      limits: { connectionsPerAddress: connections },
    });
  const target = transport === "udp" ? `127.0.0.1:${port}@udp` : SERVICE;
  const callOptions = { timeoutMs: TIMEOUT_MS };
  if (options.isShort) {
    return {
      kind: "promise",
      call: async (text) => {
        const client = openClient();
        try {
          return await client.call(method, target, { text }, callOptions);
        } finally {
          client.close();
        }
      },
    };
  }
  const client = openClient();
  return { kind: "promise", call: (text) => client.call(method, target, { text }, callOptions) };
}

/** All features on. */
export const msec: Peer = { serve: serveFull, open: (options) => open(options, { metrics: true }) };
/** All features on, and an `async` handler. */
export const msecAsync: Peer = {
  serve: serveFull,
  open: (options) => open(options, { metrics: true, isAsync: true }),
};
/** No metrics, no hop record, no context; picks and reports are left. */
export const msecBare: Peer = { serve: serveBare, open: (options) => open(options, { metrics: false }) };
