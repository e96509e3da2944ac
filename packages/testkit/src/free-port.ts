import { createServer } from "node:net";

const ATTEMPTS = 50;

/** A TCP port that is free now on each of the loopback addresses. Nothing keeps it free: use it soon. */
export async function freePort(hosts: readonly string[] = ["127.0.0.1"]): Promise<number> {
  const [first = "127.0.0.1", ...others] = hosts;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = (await tryListen(first, 0)) ?? 0;
    const isFree = await Promise.all(others.map(async (host) => (await tryListen(host, port)) === port));
    if (port > 0 && isFree.every(Boolean)) return port;
  }
  throw new Error(`no port is free on ${hosts.join(", ")}`);
}

/** Listens for a moment. @returns the port, or `undefined` when it is taken */
function tryListen(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
}
