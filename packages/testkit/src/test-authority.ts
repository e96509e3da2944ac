/** A certificate authority for tests, and directories of certificates as services read them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "selfsigned";

export interface TestAuthority {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface TestCertificateOptions {
  readonly authority: TestAuthority;
  /** Default: the one authority. */
  readonly trusted?: readonly TestAuthority[];
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** E.g. `msec://agent-1/First.Second`. Default: none. */
  readonly uri?: string;
  /** Default: in a day. In the past: expired. */
  readonly notAfter?: Date;
}

const DAY_MS = 86_400_000;
const EC = { keyType: "ec", algorithm: "sha256" } as const;

export async function makeTestAuthority(name = "test authority"): Promise<TestAuthority> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    ...EC,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, critical: true },
    ],
  });
  return { cert, key };
}

/** Writes key.pem, cert.pem and ca.pem into `dir`, over those that are there. @returns `dir` */
export async function writeTestCertificate(dir: string, options: TestCertificateOptions): Promise<string> {
  const { authority, trusted = [authority], address = "127.0.0.1", uri } = options;
  const notAfterDate = options.notAfter ?? new Date(Date.now() + DAY_MS);
  const altNames = [{ type: 7, ip: address }, ...(uri === undefined ? [] : [{ type: 6, value: uri }])];
  const made = await generate([{ name: "commonName", value: "test" }], {
    ...EC,
    ca: authority,
    notBeforeDate: new Date(Math.min(Date.now(), notAfterDate.getTime()) - DAY_MS),
    notAfterDate,
    extensions: [
      { name: "subjectAltName", altNames } as never,
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
    ],
  });
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "ca.pem"), trusted.map((each) => each.cert).join("\n"));
  writeFileSync(join(dir, "cert.pem"), made.cert);
  writeFileSync(join(dir, "key.pem"), made.private, { mode: 0o600 });
  return dir;
}
