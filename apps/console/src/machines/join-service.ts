/** Join tokens: single use, expiring, kept as hashes. They carry the console's address and certificate fingerprint. */
import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { type Clock, isIpv4 } from "@msec/core";
import { type AgentFacts, formatJoinToken } from "@msec/protocol";
import type { Database } from "../database/database.js";
import {
  JoinTokenExpired,
  JoinTokenUsed,
  JoinTokenWrong,
  MachineAddressInvalid,
  MachineAddressTaken,
} from "./errors.js";
import type { JoinTokenRow, MachineStore } from "./machine-store.js";

export interface JoinServiceOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Where agents reach the link port. */
  readonly linkAddress: () => { readonly host: string; readonly port: number };
  readonly fingerprint: string;
  readonly isOnline: (machineId: string) => boolean;
}

export class JoinService {
  readonly #options: JoinServiceOptions;

  constructor(options: JoinServiceOptions) {
    this.#options = options;
  }

  async createToken(author: string, validForMs: number): Promise<{ row: JoinTokenRow; secret: string }> {
    const { database, clock, fingerprint, linkAddress } = this.#options;
    const tokenSecret = randomBytes(24).toString("base64url");
    const createdAtMs = clock.nowMs();
    const row: JoinTokenRow = {
      tokenId: randomUUID(),
      secretHash: hash(tokenSecret),
      createdBy: author,
      createdAtMs,
      expiresAtMs: createdAtMs + validForMs,
      usedBy: null,
    };
    await database.stores.machines.addToken(row);
    const secret = formatJoinToken({ ...linkAddress(), fingerprint, tokenId: row.tokenId, tokenSecret });
    return { row, secret };
  }

  /**
   * Lets a machine in and uses its token up. A machine whose address is known and whose agent is away is replaced by the new one.
   *
   * @returns the new machine's id
   */
  async join(token: { tokenId: string; tokenSecret: string }, publicKey: string, facts: AgentFacts): Promise<string> {
    const { database, clock } = this.#options;
    const store = database.stores.machines;
    if (!isIpv4(facts.address)) throw new MachineAddressInvalid({ address: facts.address });
    const row = await store.token(token.tokenId);
    if (!row || !isSame(row.secretHash, hash(token.tokenSecret))) throw new JoinTokenWrong({ tokenId: token.tokenId });
    if (row.usedBy !== null) throw new JoinTokenUsed({ tokenId: row.tokenId, usedBy: row.usedBy });
    const nowMs = clock.nowMs();
    if (nowMs > row.expiresAtMs) throw new JoinTokenExpired({ tokenId: row.tokenId, expiredAtMs: row.expiresAtMs });
    const machine = {
      machineId: randomUUID(),
      name: facts.name,
      address: facts.address,
      publicKey,
      agentVersion: facts.version,
      platform: facts.platform,
      joinedAtMs: nowMs,
      lastSeenAtMs: nowMs,
    };
    const isFirst = await database.transact(async ({ machines }) => {
      await this.#makeRoom(machines, facts.address);
      return machines.join(machine, row.tokenId);
    });
    if (!isFirst) throw new JoinTokenUsed({ tokenId: row.tokenId, usedBy: "another machine" });
    return machine.machineId;
  }

  async #makeRoom(store: MachineStore, address: string): Promise<void> {
    const holder = (await store.list()).find((m) => m.address === address);
    if (!holder) return;
    if (this.#options.isOnline(holder.machineId)) throw new MachineAddressTaken({ address, machine: holder.name });
    await store.remove(holder.machineId);
  }
}

function hash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
