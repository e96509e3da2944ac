/**
 * Join token: what an operator pastes on a new machine. Text form `msec1.<base64url of JSON>`.
 * It carries where the console is, the SHA-256 fingerprint of its certificate, and a single-use secret.
 */
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { JoinTokenInvalid } from "./errors.js";

const PREFIX = "msec1.";

export const JoinTokenContent = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 255 }),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    fingerprint: Type.String({ pattern: "^[0-9A-F]{2}(:[0-9A-F]{2}){31}$" }),
    tokenId: Type.String({ minLength: 1, maxLength: 64 }),
    tokenSecret: Type.String({ minLength: 16, maxLength: 128 }),
  },
  { additionalProperties: false },
);
export type JoinTokenContent = Static<typeof JoinTokenContent>;

export function formatJoinToken(content: JoinTokenContent): string {
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  const text = btoa(String.fromCharCode(...bytes));
  return PREFIX + text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @throws {JoinTokenInvalid} */
export function parseJoinToken(text: string): JoinTokenContent {
  const trimmed = text.trim();
  if (!trimmed.startsWith(PREFIX)) throw new JoinTokenInvalid({ problem: `it does not begin with ${PREFIX}` });
  let value: unknown;
  try {
    const binary = atob(trimmed.slice(PREFIX.length).replaceAll("-", "+").replaceAll("_", "/"));
    value = JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0))));
  } catch (cause) {
    throw new JoinTokenInvalid({ problem: "it was cut or changed" }, { cause });
  }
  if (!Value.Check(JoinTokenContent, value)) throw new JoinTokenInvalid({ problem: "a part of it is missing" });
  return value;
}
