/** The least that a JSON service on `node:http` does: gathers the body, `JSON.parse`, `JSON.stringify`, one write per answer. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openHttp } from "./http-client.js";
import type { Peer, ServeOptions } from "./peer.js";

async function serve({ port }: ServeOptions): Promise<number> {
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => {
      const answer = JSON.stringify(JSON.parse(text));
      response.setHeader("Content-Type", "application/json; charset=utf-8");
      response.setHeader("Content-Length", Buffer.byteLength(answer));
      response.end(answer);
    });
  });
  // Rounds of others may take longer than the 5 s after which a quiet connection is closed.
  server.keepAliveTimeout = 0;
  server.listen({ port, host: "127.0.0.1", backlog: 1024 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** See the head of this file. */
export const bareHttp: Peer = { serve, open: async (options) => openHttp(options, "/echo") };
