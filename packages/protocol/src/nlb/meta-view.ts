/** View on the bytes of `meta.dat`: which of the two tables is current. */
import { NLB_META, NLB_NAME_BYTES } from "./layout.js";

export class NlbMetaView {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;

  constructor(buffer: ArrayBuffer) {
    this.#view = new DataView(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer, 0, NLB_META.name / 4);
  }

  /** Which of the two tables is current. */
  get index(): 0 | 1 {
    return (Atomics.load(this.#words, NLB_META.index / 4) & 1) as 0 | 1;
  }

  /** The one point of publication: all writes before it are seen by who sees it. */
  set index(value: 0 | 1) {
    Atomics.store(this.#words, NLB_META.index / 4, value);
  }

  /** Of the configuration in the table, epoch milliseconds. */
  get mtimeMs(): number {
    return Number(this.#view.getBigUint64(NLB_META.mtime, true));
  }

  set mtimeMs(value: number) {
    this.#view.setBigUint64(NLB_META.mtime, BigInt(Math.max(0, Math.trunc(value))), true);
  }

  get name(): string {
    const end = this.#bytes.indexOf(0, NLB_META.name);
    const limit = NLB_META.name + NLB_NAME_BYTES;
    return new TextDecoder().decode(this.#bytes.slice(NLB_META.name, end < 0 || end > limit ? limit : end));
  }

  /** Sets all other fields to 0. @param name at most 255 bytes */
  reset(name: string): void {
    this.#bytes.fill(0, 0, NLB_META.name + NLB_NAME_BYTES);
    this.#bytes.set(new TextEncoder().encode(name).subarray(0, NLB_NAME_BYTES - 1), NLB_META.name);
  }
}
