/**
 * At most one console and one agent per home. The lock is an abstract unix socket named after the home's real path: the
 * kernel frees it with the process, so nothing stale is left by `kill -9`. Whoever connects is told the holder's pid.
 */
import { createHash } from "node:crypto";
import { mkdirSync, realpathSync } from "node:fs";
import { connect, createServer } from "node:net";
import { HomeInUse } from "./errors.js";

export interface HomeLock {
  release(): Promise<void>;
}

/** Makes the home directory (0700 when new) and takes the lock. @throws {HomeInUse} */
export async function acquireHomeLock(home: string, role: "console" | "agent"): Promise<HomeLock> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const realHome = realpathSync(home);
  const name = `\0msec-${role}-${createHash("sha256").update(realHome).digest("hex").slice(0, 32)}`;
  const server = createServer((socket) => socket.end(String(process.pid)));
  server.unref();
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen(name, () => resolve(true));
  });
  if (!taken) throw new HomeInUse({ home: realHome, role, pid: await holderPid(name) });
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function holderPid(name: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(name);
    let text = "";
    socket.setTimeout(1000, () => socket.destroy());
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(/^\d{1,10}$/.test(text) ? Number(text) : 0));
  });
}
