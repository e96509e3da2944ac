/**
 * Requests and answers of ZooKeeper's client protocol, as far as names need it. A request is `xid, operation, body`, an answer
 * `xid, zxid, error, body`. Spec: ZooKeeper 3.4 to 3.9 speak the same.
 */
import { JuteReader, JuteWriter } from "./jute.js";

export const OPERATION = {
  create: 1,
  remove: 2,
  exists: 3,
  read: 4,
  write: 5,
  children: 8,
  sync: 9,
  ping: 11,
  auth: 100,
  close: -11,
} as const;
export type OperationName = keyof typeof OPERATION;

/** `xid` of what is no answer to a numbered request. */
export const XID = { event: -1, ping: -2, auth: -4 } as const;

export const ZK_ERROR = {
  noNode: -101,
  noAuth: -102,
  badVersion: -103,
  nodeExists: -110,
  notEmpty: -111,
  sessionExpired: -112,
  invalidAcl: -114,
  authFailed: -115,
  sessionMoved: -118,
} as const;

const ERROR_TEXTS: Readonly<Record<number, string>> = {
  [-5]: "marshalling error",
  [-6]: "not implemented there",
  [-7]: "timeout",
  [-8]: "bad arguments",
  [ZK_ERROR.noNode]: "no such node",
  [ZK_ERROR.noAuth]: "no permission",
  [ZK_ERROR.badVersion]: "somebody changed it",
  [-108]: "an ephemeral node has no children",
  [ZK_ERROR.nodeExists]: "it exists",
  [ZK_ERROR.notEmpty]: "it has children",
  [ZK_ERROR.sessionExpired]: "the session has ended",
  [ZK_ERROR.invalidAcl]: "invalid ACL",
  [ZK_ERROR.authFailed]: "authentication failed",
  [ZK_ERROR.sessionMoved]: "the session went on over another connection",
  [-119]: "the server is read-only now",
};

export function errorText(error: number): string {
  return ERROR_TEXTS[error] ?? `error ${error}`;
}

/** What a server knows of a node besides its data. */
export interface NodeStat {
  readonly mtimeMs: number;
  /** Of the data; grows with each write. */
  readonly version: number;
  /** Session that it lives with; 0 = it stays. */
  readonly owner: bigint;
  readonly dataBytes: number;
}

export interface ZookeeperNode {
  readonly data: Buffer;
  readonly stat: NodeStat;
}

export interface SessionTicket {
  readonly id: bigint;
  readonly password: Buffer;
}

export const NO_SESSION: SessionTicket = { id: 0n, password: Buffer.alloc(16) };

export interface NodeEvent {
  readonly kind: "created" | "removed" | "written" | "children";
  readonly path: string;
}

const EVENT_KINDS: Readonly<Record<number, NodeEvent["kind"]>> = {
  1: "created",
  2: "removed",
  3: "written",
  4: "children",
};

export function connectFrame(ask: { lastZxid: bigint; timeoutMs: number; session: SessionTicket }): Buffer {
  const writer = new JuteWriter().int(0).long(ask.lastZxid).int(ask.timeoutMs).long(ask.session.id);
  return writer.bytes(ask.session.password).bool(false).frame();
}

/** @returns `timeoutMs` 0: the session has ended */
export function readConnectAnswer(frame: Buffer): { timeoutMs: number; session: SessionTicket } {
  const reader = new JuteReader(frame);
  reader.int();
  const timeoutMs = Math.max(0, reader.int());
  return { timeoutMs, session: { id: reader.long(), password: reader.bytes() } };
}

export function requestFrame(xid: number, operation: OperationName, body: (writer: JuteWriter) => void): Buffer {
  const writer = new JuteWriter().int(xid).int(OPERATION[operation]);
  body(writer);
  return writer.frame();
}

/** `undefined` for kinds that a later ZooKeeper may add. */
export function readEvent(reader: JuteReader): NodeEvent | undefined {
  const kind = EVENT_KINDS[reader.int()];
  reader.int();
  return kind && { kind, path: reader.text() };
}

export function readStat(reader: JuteReader): NodeStat {
  reader.long(); // czxid
  reader.long(); // mzxid
  reader.long(); // ctime
  const mtimeMs = Number(reader.long());
  const version = reader.int();
  reader.int(); // cversion
  reader.int(); // aversion
  const owner = reader.long();
  const dataBytes = reader.int();
  reader.int(); // number of children
  reader.long(); // pzxid
  return { mtimeMs, version, owner, dataBytes };
}

/** Who may do what with a node that we make. */
export type NodeAccess = "open" | "ours";

const READ = 1;
const ALL = 31;

/** `open`: as the archived system makes them. `ours`: everybody reads, only the account of this connection changes. */
export function writeAccess(writer: JuteWriter, access: NodeAccess): void {
  if (access === "open") {
    writer.int(1).int(ALL).text("world").text("anyone");
    return;
  }
  writer.int(2).int(ALL).text("auth").text("").int(READ).text("world").text("anyone");
}
