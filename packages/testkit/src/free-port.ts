import { createServer } from "node:net";

const ATTEMPTS = 50;
/** Below what Linux gives to connections and to listeners that ask for any port, so that no test beside this one gets it meanwhile. */
const FIRST_PORT = 15_000;
const LAST_PORT = 32_000;

/** A TCP port that is free now on each of the loopback addresses. Nothing keeps it free: use it soon. */
export async function freePort(hosts: readonly string[] = ["127.0.0.1"]): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    const areFree = await Promise.all(hosts.map((host) => canListen(host, port)));
    if (areFree.every(Boolean)) return port;
  }
  throw new Error(`no port is free on ${hosts.join(", ")}`);
}

/** Listens for a moment. */
function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
