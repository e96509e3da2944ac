/**
 * A session with a ZooKeeper: connects, re-connects and goes on with the same session while the server knows it, also that of a
 * former process. Watches belong to a connection: whoever uses them reads again after each `onConnected`.
 *
 *   connecting ──► connected ──► connecting … ──► closed
 *
 * `lastZxid` keeps a session from going back in time among several servers. A ZooKeeper that lost its data, or was put back to an
 * older state, refuses such a session without a word: then one without a past is opened, and `onConnected` says `wentBack`.
 */
import { type Clock, type Logger, systemClock } from "@msec/core";
import { ZookeeperDenied, ZookeeperRefused, ZookeeperUnavailable } from "./errors.js";
import type { JuteWriter } from "./jute.js";
import {
  errorText,
  NO_SESSION,
  type NodeAccess,
  type NodeEvent,
  type NodeStat,
  type OperationName,
  readStat,
  type SessionTicket,
  writeAccess,
  ZK_ERROR,
  type ZookeeperNode,
} from "./wire.js";
import { type Answer, type ConnectFailure, openConnection, ZookeeperConnection } from "./zookeeper-connection.js";
import type { ZookeeperTarget } from "./zookeeper-target.js";

const FIRST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 2_000;

export interface Connected {
  /** Ephemeral nodes of the session before are gone, or go soon. */
  readonly isNewSession: boolean;
  /** The server is behind what was seen already: data lost, put back, or another ZooKeeper. */
  readonly wentBack: boolean;
}

export interface ZookeeperClientOptions {
  readonly target: ZookeeperTarget;
  /** Asked for; the server allows 2 to 20 of its ticks (4 to 40 s by default). Default 30 s. */
  readonly sessionTimeoutMs?: number;
  /** Of a former process, to go on with. */
  readonly session?: SessionTicket | undefined;
  readonly lastZxid?: bigint;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Before anything else is done on the connection. */
  readonly onConnected: (connected: Connected) => void;
  readonly onDisconnected?: (problem: string) => void;
  readonly onEvent: (event: NodeEvent) => void;
}

export class ZookeeperClient {
  readonly #options: ZookeeperClientOptions;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #connection: ZookeeperConnection | undefined;
  #session: SessionTicket;
  #lastZxid: bigint;
  /** What the server's first answer is compared with; survives the start of a session without a past. */
  #seenZxid: bigint;
  #problem = "not connected yet";
  #running: Promise<void> | undefined;

  constructor(options: ZookeeperClientOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#session = options.session ?? NO_SESSION;
    this.#seenZxid = options.lastZxid ?? 0n;
    this.#lastZxid = this.#session.id === 0n ? 0n : this.#seenZxid;
  }

  /** Begins to connect; never fails. */
  start(): void {
    this.#running ??= this.#run();
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Why there is no connection. */
  get problem(): string {
    return this.isConnected ? "" : this.#problem;
  }

  get session(): SessionTicket {
    return this.#session;
  }

  /** Newest change that was seen. */
  get lastZxid(): bigint {
    const now = this.#connection?.lastZxid ?? 0n;
    return now > this.#seenZxid ? now : this.#seenZxid;
  }

  /** Ends. With `keepSession` its ephemeral nodes stay until the session's timeout, and a successor may go on with it. */
  async close(opts: { keepSession: boolean }): Promise<void> {
    const connection = this.#connection;
    if (!opts.keepSession && connection) await connection.request("close", () => undefined).catch(() => undefined);
    this.#stop.abort();
    connection?.close();
    await this.#running;
  }

  /** `undefined`: there is none; a watch then tells when it is made. */
  async read(path: string, opts: { watch: boolean }): Promise<ZookeeperNode | undefined> {
    const answer = await this.#request("read", path, (writer) => writer.bool(opts.watch));
    if (answer.error === ZK_ERROR.noNode) {
      if (opts.watch && (await this.exists(path, opts)) !== undefined) return this.read(path, opts);
      return undefined;
    }
    this.#refuse(answer, "read", path);
    return { data: answer.body.bytes(), stat: readStat(answer.body) };
  }

  async exists(path: string, opts: { watch: boolean }): Promise<NodeStat | undefined> {
    const answer = await this.#request("exists", path, (writer) => writer.bool(opts.watch));
    if (answer.error === ZK_ERROR.noNode) return undefined;
    this.#refuse(answer, "exists", path);
    return readStat(answer.body);
  }

  /** Names below a node; empty when it is missing (a watch then tells when it is made). */
  async children(path: string, opts: { watch: boolean }): Promise<readonly string[]> {
    const answer = await this.#request("children", path, (writer) => writer.bool(opts.watch));
    if (answer.error === ZK_ERROR.noNode) {
      if (opts.watch && (await this.exists(path, opts)) !== undefined) return this.children(path, opts);
      return [];
    }
    this.#refuse(answer, "children", path);
    return answer.body.texts();
  }

  async create(
    path: string,
    data: Uint8Array,
    opts: { access: NodeAccess; ephemeral?: boolean },
  ): Promise<"made" | "exists" | "no parent"> {
    const answer = await this.#request("create", path, (writer) => {
      writeAccess(writer.bytes(data), opts.access);
      writer.int(opts.ephemeral === true ? 1 : 0);
    });
    if (answer.error === ZK_ERROR.nodeExists) return "exists";
    if (answer.error === ZK_ERROR.noNode) return "no parent";
    this.#refuse(answer, "create", path);
    return "made";
  }

  /** Makes a node that stays, and those above it, unless they exist. */
  async ensure(path: string, access: NodeAccess): Promise<void> {
    const parts = path.split("/").filter((part) => part !== "");
    if ((await this.exists(path, { watch: false })) !== undefined) return;
    const roots = this.#options.target.root.split("/").filter((part) => part !== "");
    for (let n = 1; n <= roots.length; n += 1) await this.#createRoot(`/${roots.slice(0, n).join("/")}`);
    for (let n = 1; n <= parts.length; n += 1)
      await this.create(`/${parts.slice(0, n).join("/")}`, new Uint8Array(), { access });
  }

  /** @param version that was read; −1 = any */
  async write(path: string, data: Uint8Array, version: number): Promise<NodeStat | "gone" | "changed"> {
    const answer = await this.#request("write", path, (writer) => writer.bytes(data).int(version));
    if (answer.error === ZK_ERROR.noNode) return "gone";
    if (answer.error === ZK_ERROR.badVersion) return "changed";
    this.#refuse(answer, "write", path);
    return readStat(answer.body);
  }

  /** @param version that was read; −1 = any */
  async remove(path: string, version: number): Promise<"removed" | "gone" | "changed" | "has children"> {
    const answer = await this.#request("remove", path, (writer) => writer.int(version));
    if (answer.error === ZK_ERROR.noNode) return "gone";
    if (answer.error === ZK_ERROR.badVersion) return "changed";
    if (answer.error === ZK_ERROR.notEmpty) return "has children";
    this.#refuse(answer, "remove", path);
    return "removed";
  }

  async #createRoot(path: string): Promise<void> {
    const connection = this.#connection;
    if (!connection) throw new ZookeeperUnavailable({ problem: this.#problem });
    await connection.request("create", (writer) => {
      writeAccess(writer.text(path).bytes(new Uint8Array()), "open");
      writer.int(0);
    });
  }

  #request(operation: OperationName, path: string, rest: (writer: JuteWriter) => void): Promise<Answer> {
    const connection = this.#connection;
    if (!connection) return Promise.reject(new ZookeeperUnavailable({ problem: this.#problem }));
    return connection.request(operation, (writer) => rest(writer.text(this.#full(path))));
  }

  #full(path: string): string {
    const { root } = this.#options.target;
    return path === "/" && root !== "" ? root : `${root}${path}`;
  }

  #refuse(answer: Answer, operation: OperationName, path: string): void {
    if (answer.error === 0) return;
    if (answer.error === ZK_ERROR.noAuth || answer.error === ZK_ERROR.invalidAcl)
      throw new ZookeeperDenied({ operation, path });
    if (answer.error === ZK_ERROR.sessionExpired || answer.error === ZK_ERROR.sessionMoved)
      throw new ZookeeperUnavailable({ problem: errorText(answer.error) });
    throw new ZookeeperRefused({ operation, path, error: errorText(answer.error) });
  }

  async #run(): Promise<void> {
    const { servers } = this.#options.target;
    let pauseMs = FIRST_PAUSE_MS;
    let silent = 0;
    for (let turn = 0; !this.#stop.signal.aborted; turn += 1) {
      const server = servers[turn % servers.length] ?? { host: "", port: 0 };
      const opened = await this.#open(server);
      if (opened instanceof ZookeeperConnection) {
        pauseMs = FIRST_PAUSE_MS;
        silent = 0;
        await this.#use(opened);
      } else if (opened.kind === "expired") {
        this.#forgetSession();
        continue;
      } else {
        silent = opened.kind === "silent" ? silent + 1 : 0;
        if (silent >= 2 * servers.length) this.#lastZxid = 0n;
        this.#note(opened);
      }
      await this.#clock.sleep(pauseMs * (0.8 + 0.4 * Math.random()), this.#stop.signal).catch(() => undefined);
      pauseMs = Math.min(MOST_PAUSE_MS, 2 * pauseMs);
    }
  }

  #open(server: { host: string; port: number }): Promise<ZookeeperConnection | ConnectFailure> {
    return openConnection({
      ...server,
      session: this.#session,
      sessionTimeoutMs: this.#options.sessionTimeoutMs ?? 30_000,
      lastZxid: this.#lastZxid,
      credential: this.#options.target.credential,
      clock: this.#clock,
      signal: this.#stop.signal,
      onEvent: (event) => this.#onEvent(event),
    });
  }

  async #use(connection: ZookeeperConnection): Promise<void> {
    const isNewSession = connection.session.id !== this.#session.id;
    try {
      // The first answer tells where the server is; `sync` also waits for one that lags behind.
      await connection.request("sync", (writer) => writer.text(this.#full("/")));
      const wentBack = connection.lastZxid < this.#seenZxid;
      this.#session = connection.session;
      this.#connection = connection;
      if (wentBack) this.#seenZxid = connection.lastZxid;
      this.#options.logger.info("connected to ZooKeeper", {
        zookeeper: this.#options.target.text,
        isNewSession,
        wentBack,
      });
      this.#options.onConnected({ isNewSession, wentBack });
    } catch (error) {
      connection.close();
      this.#problem = error instanceof Error ? error.message : String(error);
    }
    this.#problem = await connection.ended;
    if (connection.lastZxid > this.#seenZxid) this.#seenZxid = connection.lastZxid;
    this.#lastZxid = this.#seenZxid;
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    if (this.#stop.signal.aborted) return;
    this.#options.logger.warn("ZooKeeper is lost", { zookeeper: this.#options.target.text, problem: this.#problem });
    this.#options.onDisconnected?.(this.#problem);
  }

  #forgetSession(): void {
    this.#session = NO_SESSION;
    this.#lastZxid = 0n;
    this.#problem = "the session has ended";
  }

  #note(failure: Exclude<ConnectFailure, { kind: "expired" }>): void {
    this.#problem =
      failure.kind === "silent"
        ? "the server closes without an answer: it is starting, or has lost data"
        : failure.problem;
    this.#options.logger.debug("ZooKeeper can't be reached", { problem: this.#problem });
  }

  #onEvent(event: NodeEvent): void {
    const { root } = this.#options.target;
    if (!event.path.startsWith(root)) return;
    this.#options.onEvent({ kind: event.kind, path: event.path.slice(root.length) });
  }
}
