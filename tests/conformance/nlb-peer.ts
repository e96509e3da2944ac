/** Runs peers/nlb_peer.py: programs and an agent of the archived system, in a language that knows nothing of our code. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("./peers/nlb_peer.py", import.meta.url));

export interface NlbPeer {
  /** Carries out one command; see the methods `do_*` there. */
  ask<T = unknown>(command: { readonly do: string } & Readonly<Record<string, unknown>>): Promise<T>;
}

/** A process that keeps its mappings until the test ends. @param atEnd notes what ends it */
export function startNlbPeer(atEnd: (end: () => Promise<void>) => void = onTestFinished): NlbPeer {
  const child = spawn(PYTHON, [SCRIPT], { stdio: "pipe" });
  child.stderr.on("data", (chunk) => process.stderr.write(chunk));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  atEnd(async () => {
    const closed = once(child, "close");
    child.stdin.end();
    await closed;
  });
  return {
    ask: async <T>(command: object): Promise<T> => {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error("the Python peer ended");
      return JSON.parse(value) as T;
    },
  };
}
