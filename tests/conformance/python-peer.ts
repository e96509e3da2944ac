/** Runs peers/srpc_peer.py: a client or server of another language that knows nothing but the protocol page. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("./peers/srpc_peer.py", import.meta.url));

/** Why the foreign peer can't run; undefined = it can. */
export function missingPython(): string | undefined {
  return existsSync(PYTHON) ? undefined : "skipped: Debian package python3 is missing";
}

export interface PeerRequest {
  readonly head?: Readonly<Record<string, unknown>>;
  readonly text?: string;
  readonly body_hex?: string;
  /** Instead of head and body. */
  readonly raw_hex?: string;
}

export interface PeerAnswer {
  readonly head: Readonly<Record<string, unknown>>;
  readonly text: string | null;
}

export interface PeerJob {
  readonly transport: "tcp" | "udp" | "http";
  readonly port: number;
  /** Of TCP. Default 127.0.0.1. */
  readonly host?: string;
  readonly requests?: readonly PeerRequest[];
  /** How many answers to wait for. */
  readonly answers?: number;
  /** HTTP: all that is sent; the answer ends with the connection. */
  readonly http?: string;
  /** Bytes per write. Default: all at once. */
  readonly piece_bytes?: number;
}

function start(...args: string[]): ChildProcessWithoutNullStreams {
  const child = spawn(PYTHON, [SCRIPT, ...args], { stdio: "pipe" });
  child.stderr.on("data", (chunk) => process.stderr.write(chunk));
  return child;
}

async function output(child: ChildProcessWithoutNullStreams): Promise<string> {
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the Python peer ended with ${code}`);
  return text.trim();
}

/** What `srpc_peer.py vector` prints. */
export function pythonVector(): Promise<string> {
  return output(start("vector"));
}

/** Plays a client. @returns its answers, in order of arrival; text for HTTP */
export async function runPythonClient<T = PeerAnswer[]>(job: PeerJob): Promise<T> {
  const child = start("client");
  child.stdin.end(JSON.stringify(job));
  return JSON.parse(await output(child)) as T;
}

/** Starts a server that ends with the test. @returns its port */
export async function startPythonServer(transport: PeerJob["transport"]): Promise<number> {
  const child = start("server", transport);
  onTestFinished(async () => {
    const closed = once(child, "close");
    child.stdin.end();
    await closed;
  });
  const [line] = await once(child.stdout, "data");
  return (JSON.parse(String(line)) as { port: number }).port;
}

/** A socket of a program that is not ours: bytes in, bytes out, in blocking reads of a few bytes. Ends with the test. */
export class PythonSocket {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(port: number, pieceBytes: number) {
    const child = start("relay", String(port), String(pieceBytes));
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    this.#lines = lines[Symbol.asyncIterator]();
    onTestFinished(async () => {
      const closed = once(child, "close");
      lines.close();
      child.stdout.resume();
      child.stdin.end();
      await closed;
    });
  }

  send(bytes: Uint8Array): void {
    this.#child.stdin.write(`${Buffer.from(bytes).toString("hex")}\n`);
  }

  /** What came next; empty = the peer has ended the connection. */
  async receive(): Promise<Uint8Array> {
    const { value = "" } = await this.#lines.next();
    return Buffer.from(value as string, "hex");
  }
}
