/** `moleculer` over its TCP transporter: two nodes that know each other's address, JSON as its default serializer writes it. */

import { freePort } from "@msec/testkit";
import { type BrokerOptions, ServiceBroker } from "moleculer";
import type { Caller, OpenOptions, Peer } from "./peer.js";

const SERVER_NODE = "bench-server";
const TIMEOUT_MS = 10_000;

function brokerOptions(nodeID: string, port: number, urls: readonly string[]): BrokerOptions {
  return {
    nodeID,
    logger: false,
    requestTimeout: TIMEOUT_MS,
    transporter: { type: "TCP", options: { udpDiscovery: false, useHostname: false, port, urls: [...urls] } },
  };
}

async function serve(): Promise<number> {
  const port = await freePort();
  const broker = new ServiceBroker(brokerOptions(SERVER_NODE, port, []));
  broker.createService({
    name: "echo",
    actions: { echo: (ctx: { params: { text: string } }) => ({ text: ctx.params.text }) },
  });
  await broker.start();
  return port;
}

async function open({ port }: OpenOptions): Promise<Caller> {
  const broker = new ServiceBroker(
    brokerOptions("bench-client", await freePort(), [`127.0.0.1:${port}/${SERVER_NODE}`]),
  );
  await broker.start();
  await broker.waitForServices("echo", TIMEOUT_MS);
  return { kind: "promise", call: (text) => broker.call<{ text: string }, { text: string }>("echo.echo", { text }) };
}

/** See the head of this file. */
export const moleculer: Peer = { serve, open };
