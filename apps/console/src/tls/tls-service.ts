/**
 * Certificates for TLS between services, and the exchange of the authority that signs them:
 *
 *   steady → spreading   the new authority is made; machines learn to trust it
 *   spreading → issuing  when every machine trusts it; certificates come from the new one
 *   issuing → steady     when every machine has certificates of the new one only; the old one is forgotten
 *
 * A machine that is away is waited for, but not for longer than a certificate lives: by then those it has are void, it can speak to
 * nobody, and it takes everything anew when it comes back.
 */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { TlsStatus } from "@msec/api-schema";
import { type Clock, formatServiceName, type Logger } from "@msec/core";
import { type TlsTrustReply, tlsProofText } from "@msec/protocol";
import type { Database } from "../database/database.js";
import { MachineNotFound } from "../machines/errors.js";
import type { MachineRow } from "../machines/machine-store.js";
import { type AuthorityFile, type AuthorityState, issuerOf } from "./authority-file.js";
import { createAuthority, issueCertificate } from "./certificates.js";
import { TlsProofInvalid, TlsRotationRunning, TlsServiceNotHere } from "./errors.js";

export interface TlsServiceOptions {
  readonly file: AuthorityFile;
  readonly database: Pick<Database, "stores">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly certificateMs: number;
  readonly isOnline: (machineId: string) => boolean;
  /** Tells all agents that there is something new. */
  readonly onChanged: () => void;
}

/** What a machine said it holds. */
export interface TlsHoldings {
  readonly trusted: string;
  readonly issuers: readonly string[];
}

export class TlsService {
  readonly #options: TlsServiceOptions;
  readonly #holdings = new Map<string, TlsHoldings>();
  #state: AuthorityState;

  private constructor(options: TlsServiceOptions, state: AuthorityState) {
    this.#options = options;
    this.#state = state;
  }

  /** Opens the authority, making it at the first start. */
  static async open(options: TlsServiceOptions): Promise<TlsService> {
    const known = options.file.tryRead();
    if (known !== undefined) return new TlsService(options, known);
    const sinceMs = options.clock.nowMs();
    const state: AuthorityState = { phase: "steady", sinceMs, authorities: [await createAuthority(sinceMs)] };
    options.file.write(state);
    return new TlsService(options, state);
  }

  /** An agent tells what it holds and hears what it should. */
  async trust(agentId: string, holdings: TlsHoldings): Promise<TlsTrustReply> {
    this.#holdings.set(agentId, holdings);
    await this.advance();
    const machine = await this.#machine(agentId);
    return {
      bundle: this.#bundle(),
      issuer: issuerOf(this.#state).id,
      certificateMs: this.#options.certificateMs,
      services: await this.#servicesOn(machine),
    };
  }

  /** @throws CON_TLS_SERVICE_NOT_HERE, CON_TLS_PROOF_INVALID */
  async issue(
    agentId: string,
    request: { readonly service: string; readonly publicKey: string; readonly proof: string },
  ): Promise<{ readonly certificate: string; readonly issuer: string }> {
    const { service } = request;
    const machine = await this.#machine(agentId);
    const publicKey = tryKey(request.publicKey);
    const text = Buffer.from(tlsProofText(agentId, service, request.publicKey));
    if (publicKey === undefined || !verify("sha256", text, publicKey, Buffer.from(request.proof, "base64"))) {
      throw new TlsProofInvalid({ machine: machine.name });
    }
    if (service !== "" && !(await this.#servicesOn(machine)).includes(service)) {
      throw new TlsServiceNotHere({ service, machine: machine.name });
    }
    const { certificateMs: lifeMs, clock } = this.#options;
    const authority = issuerOf(this.#state);
    const { address } = machine;
    const certificate = await issueCertificate(authority, {
      ...{ agentId, service, publicKey, address, lifeMs },
      nowMs: clock.nowMs(),
    });
    return { certificate, issuer: authority.id };
  }

  /** Begins to replace the authority. @throws CON_TLS_ROTATION_RUNNING */
  async rotate(): Promise<TlsStatus> {
    if (this.#state.phase !== "steady") throw new TlsRotationRunning({ phase: this.#state.phase });
    const [current] = this.#state.authorities;
    this.#enter("spreading", [current, await createAuthority(this.#options.clock.nowMs())]);
    await this.advance();
    return await this.status();
  }

  async status(): Promise<TlsStatus> {
    const { phase, sinceMs: phaseSinceMs, authorities } = this.#state;
    const issuer = issuerOf(this.#state);
    const machines = await this.#options.database.stores.machines.list();
    return {
      ...{ phase, phaseSinceMs, certificateMs: this.#options.certificateMs },
      authorities: authorities.map(({ id, createdAtMs }) => ({ id, createdAtMs, isIssuer: id === issuer.id })),
      machines: machines.map((row) => ({ machineId: row.machineId, name: row.name, state: this.#stateOf(row) })),
    };
  }

  /** Goes to the next phase when nobody has to be waited for any more. */
  async advance(): Promise<void> {
    const { phase, authorities } = this.#state;
    if (phase === "steady") return;
    const machines = await this.#options.database.stores.machines.list();
    if (this.#state.phase !== phase || machines.some((row) => this.#stateOf(row) === "waiting")) return;
    if (phase === "spreading") this.#enter("issuing", authorities);
    else this.#enter("steady", [authorities.at(-1)!]);
    await this.advance();
  }

  #enter(phase: AuthorityState["phase"], authorities: AuthorityState["authorities"]): void {
    const { file, clock, logger, onChanged } = this.#options;
    const state = { phase, sinceMs: clock.nowMs(), authorities };
    file.write(state);
    this.#state = state;
    logger.info("authority of services", { phase, authorities: authorities.map(({ id }) => id) });
    onChanged();
  }

  #stateOf(machine: MachineRow): "done" | "waiting" | "expired" {
    const holdings = this.#holdings.get(machine.machineId);
    const issuer = issuerOf(this.#state);
    const trusted = createHash("sha256").update(this.#bundle()).digest("hex");
    const isIssued = this.#state.phase === "spreading" || holdings?.issuers.every((id) => id === issuer.id) === true;
    if (holdings?.trusted === trusted && isIssued) return "done";
    const { clock, isOnline } = this.#options;
    const awayMs = isOnline(machine.machineId) ? 0 : clock.nowMs() - machine.lastSeenAtMs;
    return awayMs > this.#options.certificateMs ? "expired" : "waiting";
  }

  #bundle(): string {
    return this.#state.authorities.map(({ cert }) => cert).join("");
  }

  async #machine(agentId: string): Promise<MachineRow> {
    const row = await this.#options.database.stores.machines.byId(agentId);
    if (row === undefined) throw new MachineNotFound({ machineId: agentId });
    return row;
  }

  /** Names it may prove. Foreign services are none of them: whoever listens there is not started by its agent. */
  async #servicesOn({ address }: MachineRow): Promise<string[]> {
    const { services } = this.#options.database.stores;
    const groups = await services.listGroups();
    const standard = new Set(groups.flatMap(({ kind, name }) => (kind === "standard" ? [name] : [])));
    const instances = (await services.listInstancesOnHost(address)).filter(({ first }) => standard.has(first));
    return [...new Set(instances.map(formatServiceName))];
  }
}

/** Only P-256, as everything else here. */
function tryKey(spkiBase64: string): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(spkiBase64, "base64"), format: "der", type: "spki" });
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? key : undefined;
  } catch {
    return undefined;
  }
}
