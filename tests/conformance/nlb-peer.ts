/** Runs peers/nlb_peer.py: programs and an agent of the archived system, in a language that knows nothing of our code. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("./peers/nlb_peer.py", import.meta.url));

export interface NlbPeer {
  /** Carries out one command; see the methods `do_*` there. */
  ask<T = unknown>(command: { readonly do: string } & Readonly<Record<string, unknown>>): Promise<T>;
}

export interface NlbPeerOptions {
  /** Notes what ends it. Default: the end of the test. */
  readonly atEnd?: (end: () => Promise<void>) => void;
  /** Only root may choose. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** A process that keeps its mappings until the test ends. */
export function startNlbPeer({ atEnd = onTestFinished, user }: NlbPeerOptions = {}): NlbPeer {
  const child = spawn(PYTHON, ["-c", readFileSync(SCRIPT, "utf8")], { stdio: "pipe", ...user });
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
