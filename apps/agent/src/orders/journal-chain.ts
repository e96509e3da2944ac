/**
 * Lines of the order journal. Each line is JSON with the hash of the line before it, so a changed or missing line shows:
 *
 *   {"seq":7,"prev":"<hash of line 6>","atMs":…,"entry":{…},"hash":"<SHA-256 of prev + the rest>"}
 */
import { createHash } from "node:crypto";
import { Order, OrderResult } from "@msec/protocol";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

const kind = <K extends string>(name: K) => Type.Literal(name);

/** What is worth remembering about orders. */
export const JournalEntry = Type.Union([
  /** Begins each file: orders that expire up to then are forgotten and can never be accepted again. */
  Type.Object({ kind: kind("begin"), forgottenUntilMs: Type.Integer() }),
  Type.Object({ kind: kind("accepted"), order: Order }),
  Type.Object({ kind: kind("step"), orderId: Type.String(), text: Type.String() }),
  Type.Object({ kind: kind("finished"), result: OrderResult }),
  /** The console has the result. */
  Type.Object({ kind: kind("confirmed"), orderId: Type.String() }),
  /** For the audit only. */
  Type.Object({ kind: kind("refused"), reason: Type.String(), text: Type.String() }),
]);
export type JournalEntry = Static<typeof JournalEntry>;

const Line = Type.Object({
  seq: Type.Integer(),
  prev: Type.String(),
  atMs: Type.Integer(),
  entry: JournalEntry,
  hash: Type.String(),
});
export type JournalLine = Static<typeof Line>;

export const CHAIN_START = "0".repeat(64);

export function sealLine(line: Omit<JournalLine, "hash">): JournalLine {
  return { ...line, hash: hashOf(line) };
}

/** What is wrong with a line that should follow on `prev`, or the line. */
export function readLine(text: string, prev: string): JournalLine | string {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return "it is no JSON";
  }
  if (!Value.Check(Line, line)) return "it is no journal line";
  if (line.prev !== prev) return "a line before it is missing";
  return hashOf(line) === line.hash ? line : "its hash is wrong";
}

function hashOf({ seq, prev, atMs, entry }: Omit<JournalLine, "hash">): string {
  return createHash("sha256")
    .update(JSON.stringify([seq, prev, atMs, entry]))
    .digest("hex");
}
