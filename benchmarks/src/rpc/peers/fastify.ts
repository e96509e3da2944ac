/** `fastify` as its documentation starts one, with schemas on both sides, so that it checks requests as ours does. */
import type { AddressInfo } from "node:net";
import Fastify from "fastify";
import { openHttp } from "./http-client.js";
import type { Peer, ServeOptions } from "./peer.js";

const PATH = "/echo";
const ECHO_SCHEMA = {
  type: "object",
  properties: { text: { type: "string" } },
  required: ["text"],
  additionalProperties: false,
} as const;

async function serve({ port }: ServeOptions): Promise<number> {
  const server = Fastify();
  const schema = { body: ECHO_SCHEMA, response: { 200: ECHO_SCHEMA } };
  server.post<{ Body: { text: string } }>(PATH, { schema }, (request, reply) => reply.send(request.body));
  await server.listen({ port, host: "127.0.0.1", backlog: 1024 });
  return (server.server.address() as AddressInfo).port;
}

/** See the head of this file. */
export const fastify: Peer = { serve, open: async (options) => openHttp(options, PATH) };
