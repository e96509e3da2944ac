/**
 * Keys of a console, made on first start under `console/identity/` (files 0600): the TLS key and certificate that agents pin,
 * and the Ed25519 key that signs orders.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "selfsigned";

export interface ConsoleIdentity {
  /** PEM. */
  readonly tlsKey: string;
  readonly tlsCert: string;
  /** SHA-256 of the certificate, upper-case hex pairs with colons. */
  readonly fingerprint: string;
  readonly orderKey: KeyObject;
  /** SPKI DER in base64; agents verify orders with it. */
  readonly orderPublicKey: string;
}

const CERTIFICATE_YEARS = 10;

/** Opens the identity under `directory`, making what is missing. */
export async function openConsoleIdentity(directory: string): Promise<ConsoleIdentity> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const tlsFile = join(directory, "tls.pem.json");
  if (!existsSync(tlsFile)) writeSecret(tlsFile, JSON.stringify(await makeCertificate()));
  const orderFile = join(directory, "order-key.pem");
  if (!existsSync(orderFile)) {
    const { privateKey } = generateKeyPairSync("ed25519");
    writeSecret(orderFile, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  }
  const tls = JSON.parse(readFileSync(tlsFile, "utf8")) as { key: string; cert: string };
  const orderKey = createPrivateKey(readFileSync(orderFile));
  return {
    tlsKey: tls.key,
    tlsCert: tls.cert,
    fingerprint: new X509Certificate(tls.cert).fingerprint256,
    orderKey,
    orderPublicKey: createPublicKey(orderKey).export({ type: "spki", format: "der" }).toString("base64"),
  };
}

async function makeCertificate(): Promise<{ key: string; cert: string }> {
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + CERTIFICATE_YEARS);
  const pems = await generate([{ name: "commonName", value: "msec console" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notAfterDate,
  });
  return { key: pems.private, cert: pems.cert };
}

function writeSecret(file: string, text: string): void {
  writeFileSync(`${file}.tmp`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.tmp`, file);
}
