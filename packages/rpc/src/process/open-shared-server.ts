import { createServer, type Server } from "node:net";
import { netError } from "@msec/net";

/**
 * A listening socket that the workers of one controller share: each of them accepts from it. In a process that is no worker, an
 * ordinary one.
 *
 * @throws NET_ADDRESS_IN_USE and the other reasons of `netError`, naming the address
 */
export async function openSharedServer(at: { readonly host: string; readonly port: number }): Promise<Server> {
  const server = createServer({ noDelay: true, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    const onError = (error: Error): void => reject(netError(error, `${at.host}:${at.port}`));
    server.once("error", onError);
    server.listen({ host: at.host, port: at.port, backlog: 1024, exclusive: false }, () => {
      server.off("error", onError);
      resolve();
    });
  });
  return server;
}
