/** Join tokens: single use, expiring, kept as hashes. They carry the console's address and certificate fingerprint. */
import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { Clock } from "@msec/core";
import { NO_LABELS } from "@msec/naming";
import { type AgentFacts, formatJoinToken } from "@msec/protocol";
import { appendAudit } from "../audit/audit-chain.js";
import type { Database } from "../database/database.js";
import { JoinTokenExpired, JoinTokenUsed, JoinTokenWrong, MachineAddressTaken } from "./errors.js";
import { checkMachineAddress, readAgentKey } from "./machine-rules.js";
import type { JoinTokenRow, MachineRow, MachineStore } from "./machine-store.js";

export interface JoinServiceOptions {
  readonly database: Pick<Database, "stores" | "transact">;
  readonly clock: Clock;
  /** Where agents reach the link port. */
  readonly linkAddress: () => { readonly host: string; readonly port: number };
  readonly fingerprint: string;
  readonly isOnline: (machineId: string) => boolean;
  /** A machine that was away has been replaced by a new one at its address. */
  readonly onReplaced: (machineId: string) => void;
}

export interface JoinTokenProof {
  readonly tokenId: string;
  readonly tokenSecret: string;
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
   * Lets a machine in and uses its token up, both or neither. A machine whose address is known and whose agent is away is
   * replaced by the new one.
   *
   * @returns the new machine's id
   * @throws {JoinTokenWrong} {JoinTokenUsed} {JoinTokenExpired} {MachineAddressTaken} {MachineAddressInvalid} {AgentKeyInvalid}
   */
  async join(token: JoinTokenProof, publicKey: string, facts: AgentFacts): Promise<string> {
    const { database, clock, onReplaced } = this.#options;
    checkMachineAddress(facts.address);
    readAgentKey(publicKey);
    const nowMs = clock.nowMs();
    const machine: MachineRow = {
      machineId: randomUUID(),
      name: facts.name === "" ? facts.address : facts.name,
      address: facts.address,
      publicKey,
      agentVersion: facts.version,
      platform: facts.platform,
      labels: NO_LABELS,
      joinedAtMs: nowMs,
      lastSeenAtMs: nowMs,
    };
    const replaced = await database.transact(async ({ machines, audit }) => {
      const { tokenId, createdBy } = await checkToken(machines, token, nowMs);
      const holder = await this.#makeRoom(machines, facts.address);
      await machines.useToken(tokenId, machine.name);
      await machines.add({ ...machine, labels: holder?.labels ?? NO_LABELS });
      const text = `${machine.name} (${machine.address}) joined with a token of ${createdBy}`;
      const actor = `joinToken:${tokenId}`;
      await appendAudit(audit, { atMs: nowMs, actor, action: "machine.join", target: machine.name, text });
      return holder;
    });
    if (replaced) onReplaced(replaced.machineId);
    return machine.machineId;
  }

  async #makeRoom(store: MachineStore, address: string): Promise<MachineRow | undefined> {
    const holder = await store.byAddress(address);
    if (!holder) return undefined;
    if (this.#options.isOnline(holder.machineId)) throw new MachineAddressTaken({ address, machine: holder.name });
    await store.remove(holder.machineId);
    return holder;
  }
}

async function checkToken(store: MachineStore, token: JoinTokenProof, nowMs: number): Promise<JoinTokenRow> {
  const { tokenId, tokenSecret } = token;
  const row = await store.token(tokenId);
  if (!row || !isSame(row.secretHash, hash(tokenSecret))) throw new JoinTokenWrong({ tokenId });
  if (row.usedBy !== null) throw new JoinTokenUsed({ tokenId, usedBy: row.usedBy });
  if (nowMs > row.expiresAtMs) throw new JoinTokenExpired({ tokenId, expiredAtMs: row.expiresAtMs });
  return row;
}

function hash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
