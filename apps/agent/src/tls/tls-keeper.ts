/**
 * Keeps the certificates of this machine's services fresh: asks the console what to trust and whom to certify, makes the keys (they
 * never leave the machine), and tells what it holds. Services find new files by themselves. While the console is away everything
 * goes on until the certificates expire.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type Clock, isAppError, type Logger, parseServiceName, type Random } from "@msec/core";
import { type TlsTrustReply, tlsProofText } from "@msec/protocol";
import type { ConsoleRequester } from "../console-link/console-link.js";
import { bundleHash, type HeldCertificate, TlsStore } from "./tls-store.js";

/** How the machine's own certificate is called on disk; on the wire it is the empty name. */
const MACHINE = "machine";
const POLL_MS = 300_000;
const RETRY_MS = 10_000;
const LEAST_PAUSE_MS = 200;
/** Each round may bring a further phase of an exchange of the authority. */
const MAX_ROUNDS = 4;

export interface TlsKeeperOptions {
  /** `agent/tls`. */
  readonly directory: string;
  readonly agentId: string;
  readonly address: string;
  readonly link: ConsoleRequester;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export class TlsKeeper {
  readonly #options: TlsKeeperOptions;
  readonly #store: TlsStore;
  readonly #endListening: () => void;
  readonly #held = new Map<string, HeldCertificate>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isWanted = false;
  #isStopped = false;

  constructor(options: TlsKeeperOptions) {
    this.#options = options;
    this.#store = new TlsStore(options.directory);
    for (const name of this.#store.names()) this.#load(name);
    this.#endListening = options.link.onConnected(() => this.poke());
  }

  /** Asks the console now. */
  poke(): void {
    if (this.#isStopped) return;
    this.#isWanted = true;
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endListening();
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      this.#schedule(await this.#trySync());
    }
    this.#running = undefined;
  }

  #schedule(isDone: boolean): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const nowMs = this.#options.clock.nowMs();
    const renewals = [...this.#held.values()].map(({ renewAtMs }) => renewAtMs - nowMs);
    const pauseMs = Math.max(LEAST_PAUSE_MS, Math.min(isDone ? POLL_MS : RETRY_MS, ...renewals));
    this.#timer = setTimeout(() => this.poke(), pauseMs);
  }

  async #trySync(): Promise<boolean> {
    const { link, logger } = this.#options;
    if (!link.isConnected) return false;
    try {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const outcome = await this.#sync();
        if (outcome !== "changed") return outcome === "same";
      }
      return true;
    } catch (error) {
      const reason = isAppError(error) ? error.reason : "INTERNAL";
      // A console of an earlier version knows no certificates.
      const level = reason === "PROTO_LINK_METHOD_UNKNOWN" ? "debug" : "warn";
      logger[level]("certificates can't be renewed now", { reason, why: String(error) });
      return false;
    }
  }

  #load(name: string): void {
    const held = this.#store.tryRead(name);
    if (held !== undefined) this.#held.set(name, held);
  }

  /** @returns `changed` when the console should hear of it */
  async #sync(): Promise<"changed" | "same" | "failed"> {
    const { link, logger } = this.#options;
    const { result: wish } = await link.request("tls.trust", this.#holdings());
    const names = [MACHINE, ...wish.services.filter(isName)];
    let [isChanged, isFailed] = [false, false];
    for (const name of this.#held.keys()) if (!names.includes(name)) isChanged = this.#held.delete(name);
    for (const name of names) {
      try {
        isChanged = (await this.#keep(name, wish)) || isChanged;
      } catch (error) {
        isFailed = true;
        logger.warn("no certificate", { name, why: String(error) });
      }
    }
    if (isFailed) return "failed";
    return isChanged ? "changed" : "same";
  }

  #holdings(): { trusted: string; issuers: string[] } {
    const held = [...this.#held.values()];
    const bundles = new Set(held.map(({ bundle }) => bundle));
    const [bundle] = bundles;
    return {
      trusted: bundles.size === 1 && bundle !== undefined ? bundleHash(bundle) : "",
      issuers: [...new Set(held.map(({ issuer }) => issuer))].slice(0, 16),
    };
  }

  async #keep(name: string, wish: TlsTrustReply): Promise<boolean> {
    const { address, clock } = this.#options;
    const held = this.#held.get(name);
    const isGood = held?.issuer === wish.issuer && held.address === address && clock.nowMs() < held.renewAtMs;
    if (held !== undefined && isGood && held.bundle === wish.bundle) return false;
    const next = held !== undefined && isGood ? { ...held, bundle: wish.bundle } : await this.#fetch(name, wish);
    this.#store.write(name, next);
    this.#held.set(name, next);
    return true;
  }

  async #fetch(name: string, wish: TlsTrustReply): Promise<HeldCertificate> {
    const { agentId, address, link, clock, random, logger } = this.#options;
    const service = name === MACHINE ? "" : name;
    const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const publicKey = keys.publicKey.export({ type: "spki", format: "der" }).toString("base64");
    const proof = prove(keys.privateKey, tlsProofText(agentId, service, publicKey));
    const { result } = await link.request("tls.issue", { service, publicKey, proof });
    logger.info("certificate renewed", { name, issuer: result.issuer });
    // About half of its life, at a time of its own, so that machines don't come all at once.
    const renewAtMs = clock.nowMs() + wish.certificateMs * (0.4 + 0.2 * random());
    const key = keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    return { key, cert: result.certificate, bundle: wish.bundle, issuer: result.issuer, address, renewAtMs };
  }
}

function prove(key: KeyObject, text: string): string {
  return sign("sha256", Buffer.from(text), key).toString("base64");
}

/** Names become directories. */
function isName(service: string): boolean {
  try {
    parseServiceName(service);
    return true;
  } catch {
    return false;
  }
}
