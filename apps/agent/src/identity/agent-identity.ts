/**
 * Who this agent is: an id given by the console, an Ed25519 key that never leaves the machine, and what it pinned when it
 * joined (the console's certificate and order key). Address and name may change later; the id does not.
 *
 *   agent/identity/identity.json    all of it in one file (0600), so that it is whole or not there
 *   agent/identity/joining-key.pem  key of a join that is under way: a repeat after a crash shows the same one
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { rmSync } from "node:fs";
import { challengeText } from "@msec/protocol";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { IdentityDamaged } from "../errors.js";
import { tryReadJson, tryReadText, writeFileAtomic } from "../files/atomic-file.js";

const IdentityFile = Type.Object({
  agentId: Type.String({ minLength: 1, maxLength: 64 }),
  host: Type.String({ minLength: 1 }),
  port: Type.Integer(),
  fingerprint: Type.String(),
  /** Ed25519 keys whose orders are obeyed, SPKI DER in base64. */
  orderKeys: Type.Array(Type.String(), { minItems: 1 }),
  /** The token this identity came from, so that a start with the same one is no second join. */
  tokenId: Type.String(),
  /** PKCS #8 PEM. */
  privateKey: Type.String(),
});

export type AgentIdentity = Omit<Static<typeof IdentityFile>, "privateKey"> & { readonly privateKey: KeyObject };

/** The identity of a home, or `undefined` when it has not joined. @throws {IdentityDamaged} */
export function tryLoadIdentity(agentDir: string): AgentIdentity | undefined {
  const path = identityPath(agentDir);
  if (tryReadText(path) === undefined) return undefined;
  const file = tryReadJson(path);
  if (!Value.Check(IdentityFile, file)) throw new IdentityDamaged({ path, problem: "a part is missing" });
  return { ...file, privateKey: parseKey(path, file.privateKey) };
}

/** Makes the identity the home's, in one step, in place of any other. */
export function saveIdentity(agentDir: string, identity: AgentIdentity): void {
  const file = { ...identity, privateKey: keyToPem(identity.privateKey) };
  writeFileAtomic(identityPath(agentDir), `${JSON.stringify(file, undefined, 2)}\n`);
  rmSync(joiningKeyPath(agentDir), { force: true });
}

/** The key to join with; the same until a join succeeded. */
export function loadOrMakeJoiningKey(agentDir: string): KeyObject {
  const path = joiningKeyPath(agentDir);
  const pem = tryReadText(path);
  if (pem !== undefined) return parseKey(path, pem);
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileAtomic(path, keyToPem(privateKey));
  return privateKey;
}

/** Public half, SPKI DER in base64, as it travels in `join`. */
export function publicKeyOf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: "der", type: "spki" }).toString("base64");
}

/** Answers the console's challenge. */
export function signChallenge(identity: AgentIdentity, nonce: string): string {
  const text = challengeText(identity.agentId, nonce, identity.fingerprint);
  return sign(null, Buffer.from(text), identity.privateKey).toString("base64");
}

function parseKey(path: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (cause) {
    throw new IdentityDamaged({ path, problem: "the private key can't be read" }, { cause });
  }
  throw new IdentityDamaged({ path, problem: "the private key is no Ed25519 key" });
}

function keyToPem(key: KeyObject): string {
  return key.export({ format: "pem", type: "pkcs8" }).toString();
}

function identityPath(agentDir: string): string {
  return `${agentDir}/identity/identity.json`;
}

function joiningKeyPath(agentDir: string): string {
  return `${agentDir}/identity/joining-key.pem`;
}
