/**
 * Certificates on disk, one directory per service and `machine` for programs that are none:
 *
 *   agent/tls/<name>/current -> v<n>
 *   agent/tls/<name>/v<n>/key.pem, cert.pem, ca.pem, facts.json   (0600 in 0700)
 *
 * A version is complete before `current` points to it, and stays when it does not any more until the one after the next, so that
 * a process that is reading finds all of its files.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { syncDirectory, tryReadJson, tryReadText, writeFileAtomic } from "../files/atomic-file.js";

const Facts = Type.Object({
  issuer: Type.String(),
  address: Type.String(),
  /** When to ask for the next one. */
  renewAtMs: Type.Number(),
});

export interface HeldCertificate extends Static<typeof Facts> {
  readonly key: string;
  readonly cert: string;
  /** Trusted authorities. */
  readonly bundle: string;
}

export class TlsStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Names with a directory. */
  names(): readonly string[] {
    try {
      return readdirSync(this.#root);
    } catch {
      return [];
    }
  }

  /** What `current` holds; undefined when there is nothing whole. */
  tryRead(name: string): HeldCertificate | undefined {
    const version = this.#version(name);
    if (version === 0) return undefined;
    const dir = this.#versionDir(name, version);
    const facts = tryReadJson(`${dir}/facts.json`);
    const [key, cert, bundle] = ["key", "cert", "ca"].map((file) => tryReadText(`${dir}/${file}.pem`));
    if (!Value.Check(Facts, facts) || !key || !cert || !bundle) return undefined;
    return { ...facts, key, cert, bundle };
  }

  /** Makes it the current one. */
  write(name: string, held: HeldCertificate): void {
    const { key, cert, bundle, issuer, address, renewAtMs } = held;
    const before = this.#version(name);
    const version = before + 1;
    const dir = this.#versionDir(name, version);
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const [file, text] of Object.entries({ "key.pem": key, "cert.pem": cert, "ca.pem": bundle })) {
      writeFileAtomic(`${dir}/${file}`, text);
    }
    writeFileAtomic(`${dir}/facts.json`, JSON.stringify({ issuer, address, renewAtMs }));
    const link = `${this.#root}/${name}/current`;
    rmSync(`${link}.tmp`, { force: true });
    symlinkSync(`v${version}`, `${link}.tmp`);
    renameSync(`${link}.tmp`, link);
    syncDirectory(`${this.#root}/${name}`);
    this.#removeBefore(name, before);
  }

  #removeBefore(name: string, version: number): void {
    for (const entry of readdirSync(`${this.#root}/${name}`)) {
      if (/^v\d+$/.test(entry) && Number(entry.slice(1)) < version) {
        rmSync(`${this.#root}/${name}/${entry}`, { recursive: true, force: true });
      }
    }
  }

  #version(name: string): number {
    try {
      return Number(/^v(\d+)$/.exec(readlinkSync(`${this.#root}/${name}/current`))?.[1] ?? 0);
    } catch {
      return 0;
    }
  }

  #versionDir(name: string, version: number): string {
    return `${this.#root}/${name}/v${version}`;
  }
}

export function bundleHash(bundle: string): string {
  return createHash("sha256").update(bundle).digest("hex");
}
