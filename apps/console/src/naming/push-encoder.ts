/**
 * Pushes of names as JSON text, made once however many agents get them. Each frame is at most about 256 KiB (a single larger service
 * has a frame of its own), so that little waits in memory for an agent that reads slowly.
 */
import type { NameDelta, NamePosition, ResumableNameStore, ServiceEntry } from "@msec/naming";

const FRAME_BYTES = 256 * 1024;
/** A snapshot is sent for so long even if it is not the newest; who gets it is told at once what came after. */
const SNAPSHOT_REUSE_MS = 250;
/** Agents that come back are at many positions; those under way together are at few. */
const MAX_DELTAS = 64;

export interface EncodedFrame {
  /** Where the agent stands when it took this frame and those before. */
  readonly after: NamePosition;
  /** The rest of a `NamingApply` object after its opening brace and the fields that differ by agent. */
  readonly rest: Uint8Array;
}

export interface EncodedPush {
  readonly kind: "snapshot" | "delta";
  readonly frames: readonly EncodedFrame[];
}

export class PushEncoder {
  readonly #store: ResumableNameStore;
  readonly #monotonicMs: () => number;
  readonly #deltas = new Map<string, Promise<EncodedPush | "reset">>();
  #snapshot: { readonly madeMs: number; isNewest: boolean; readonly push: Promise<EncodedPush> } | undefined;

  constructor(store: ResumableNameStore, monotonicMs: () => number) {
    this.#store = store;
    this.#monotonicMs = monotonicMs;
  }

  /** The store changed. */
  invalidate(): void {
    this.#deltas.clear();
    if (this.#snapshot) this.#snapshot.isNewest = false;
  }

  /** What came after a position (no frames: nothing), or `"reset"`. */
  since(position: NamePosition): Promise<EncodedPush | "reset"> {
    const key = `${position.revision} ${position.epoch}`;
    const known = this.#deltas.get(key);
    if (known !== undefined) return known;
    if (this.#deltas.size >= MAX_DELTAS) this.#deltas.delete(this.#deltas.keys().next().value ?? "");
    const made = this.#encodeSince(position);
    this.#deltas.set(key, made);
    made.catch(() => this.#deltas.delete(key));
    return made;
  }

  /** The whole, at most a moment old. */
  snapshot(): Promise<EncodedPush> {
    const nowMs = this.#monotonicMs();
    const known = this.#snapshot;
    if (known && (known.isNewest || nowMs - known.madeMs < SNAPSHOT_REUSE_MS)) return known.push;
    const made = { madeMs: nowMs, isNewest: true, push: this.#encodeSnapshot() };
    this.#snapshot = made;
    made.push.catch(() => {
      if (this.#snapshot === made) this.#snapshot = undefined;
    });
    return made.push;
  }

  async #encodeSince(position: NamePosition): Promise<EncodedPush | "reset"> {
    const deltas = await this.#store.changesSince(position.revision, position.epoch);
    if (deltas === "reset") return deltas;
    const { epoch } = this.#store;
    let base = position.revision;
    const frames = cut(deltas.map(toPiece)).map((pieces): EncodedFrame => {
      const revision = pieces.at(-1)?.delta.revision ?? base;
      const services = pieces.flatMap(({ delta, json }) => (delta.kind === "put" ? [json] : []));
      const removed = pieces.flatMap(({ delta, json }) => (delta.kind === "remove" ? [json] : []));
      const rest = encode(`"kind":"delta","baseRevision":${base},"revision":${revision}`, { epoch, services, removed });
      base = revision;
      return { after: { epoch, revision }, rest };
    });
    return { kind: "delta", frames };
  }

  async #encodeSnapshot(): Promise<EncodedPush> {
    const { revision, services } = await this.#store.snapshot();
    const { epoch } = this.#store;
    const cuts = cut(services.map((entry) => ({ json: encodeEntry(entry) })));
    const parts = cuts.length === 0 ? [[]] : cuts;
    const frames = parts.map((pieces, part): EncodedFrame => {
      const head = `"kind":"snapshot","baseRevision":0,"revision":${revision},"part":${part},"parts":${parts.length}`;
      const rest = encode(head, { epoch, services: pieces.map(({ json }) => json), removed: [] });
      return { after: { epoch, revision }, rest };
    });
    return { kind: "snapshot", frames };
  }
}

interface Lists {
  readonly epoch: string;
  readonly services: readonly string[];
  readonly removed: readonly string[];
}

function encode(head: string, { epoch, services, removed }: Lists): Uint8Array {
  const lists = `"services":[${services.join(",")}],"removed":[${removed.join(",")}]`;
  return Buffer.from(`${head},"epoch":${JSON.stringify(epoch)},${lists}}`);
}

function toPiece(delta: NameDelta): { readonly delta: NameDelta; readonly json: string } {
  return { delta, json: delta.kind === "put" ? encodeEntry(delta.entry) : JSON.stringify(delta.service) };
}

/** Without what has its default: most entries have few labels and settings. */
function encodeEntry({ check, locality, partition, instances, ...entry }: ServiceEntry): string {
  return JSON.stringify({
    ...entry,
    ...(check !== "none" && { check }),
    ...(locality !== "none" && { locality }),
    ...(partition && { partition }),
    instances: instances.map(({ zone, rack, set, ...instance }) => ({
      ...instance,
      ...(zone !== "" && { zone }),
      ...(rack !== "" && { rack }),
      ...(set !== "" && { set }),
    })),
  });
}

function cut<P extends { readonly json: string }>(pieces: readonly P[]): P[][] {
  const cuts: P[][] = [];
  let bytes = 0;
  for (const piece of pieces) {
    const last = cuts.at(-1);
    if (last && bytes + piece.json.length <= FRAME_BYTES) last.push(piece);
    else {
      cuts.push([piece]);
      bytes = 0;
    }
    bytes += piece.json.length;
  }
  return cuts;
}
