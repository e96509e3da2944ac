/** Queue of encoded records (or batches of them), bounded by number and by bytes; when it is full the oldest go. */
export class RecordQueue {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #weightOf: (entry: Uint8Array) => number;
  /** Called with each entry that goes because there was no room. */
  onDropped: (entry: Uint8Array) => void = () => undefined;
  #records: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;
  #dropped = 0;

  /** @param weightOf records that an entry stands for; default 1 */
  constructor(maxEntries: number, maxBytes: number, weightOf: (entry: Uint8Array) => number = () => 1) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
    this.#weightOf = weightOf;
  }

  get count(): number {
    return this.#records.length - this.#head;
  }

  /** Records that the entries stand for. */
  get weight(): number {
    return this.weightOf(this.#records.slice(this.#head));
  }

  weightOf(entries: readonly Uint8Array[]): number {
    return entries.reduce((sum, entry) => sum + this.#weightOf(entry), 0);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Records that went because there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  push(record: Uint8Array): void {
    this.#records.push(record);
    this.#bytes += record.length;
    this.#trim();
  }

  /** Takes the oldest records, together at most `maxBytes`, but at least one if there is any. */
  take(maxBytes: number): Uint8Array[] {
    const batch: Uint8Array[] = [];
    let bytes = 0;
    while (this.count > 0) {
      const record = this.#records[this.#head]!;
      if (batch.length > 0 && bytes + record.length > maxBytes) break;
      this.#shift();
      batch.push(record);
      bytes += record.length;
    }
    return batch;
  }

  /** Records that were taken and could not be used become the oldest again. */
  putBack(records: readonly Uint8Array[]): void {
    if (records.length === 0) return;
    this.#records = [...records, ...this.#records.slice(this.#head)];
    this.#head = 0;
    for (const record of records) this.#bytes += record.length;
    this.#trim();
  }

  #trim(): void {
    while (this.count > this.#maxEntries || (this.#bytes > this.#maxBytes && this.count > 0)) {
      const oldest = this.#records[this.#head]!;
      this.#dropped += this.#weightOf(oldest);
      this.#shift();
      this.onDropped(oldest);
    }
  }

  #shift(): void {
    this.#bytes -= this.#records[this.#head]!.length;
    this.#head += 1;
    if (this.#head < 1_024 || this.#head * 2 < this.#records.length) return;
    this.#records = this.#records.slice(this.#head);
    this.#head = 0;
  }
}
