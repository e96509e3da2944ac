import { HEALTH_FIELD, type HealthField, type HealthTable, type Nearness } from "./health-table.js";

const FIELDS = 32;

export interface MemoryMember {
  /** `ip:port`; the identity. */
  readonly address: string;
  readonly weight: number;
  /** Default 0. */
  readonly nearness?: Nearness;
}

interface Occupant {
  readonly address: string;
  weight: number;
  nearness: Nearness;
  readonly generation: number;
}

/** A {@link HealthTable} of one process: for tests, simulations, and machines without an agent. */
export class MemoryHealthTable implements HealthTable {
  #version = 0;
  #lastGeneration = 0;
  #slots: number[] = [];
  #members: (Occupant | undefined)[] = [];
  #fields = new Int32Array(0);

  constructor(members: readonly MemoryMember[] = []) {
    this.setMembers(members);
  }

  /** Replaces the members; those that stay keep their slot and health. */
  setMembers(members: readonly MemoryMember[]): void {
    const wanted = new Map(members.map((member) => [member.address, member]));
    this.#members = this.#members.map((old) => (old && wanted.has(old.address) ? old : undefined));
    const known = new Map(this.#members.flatMap((old) => (old ? [[old.address, old] as const] : [])));
    for (const member of wanted.values()) {
      const old = known.get(member.address);
      if (old) Object.assign(old, { weight: member.weight, nearness: member.nearness ?? 0 });
      else this.#occupy(member);
    }
    this.#slots = this.#members.flatMap((member, slot) => (member ? [slot] : []));
    this.#version += 1;
  }

  #occupy(member: MemoryMember): void {
    const free = this.#members.indexOf(undefined);
    const slot = free >= 0 ? free : this.#members.length;
    this.#lastGeneration += 1;
    const { address, weight, nearness = 0 } = member;
    this.#members[slot] = { address, weight, nearness, generation: this.#lastGeneration };
    if ((slot + 1) * FIELDS > this.#fields.length) {
      const bigger = new Int32Array((slot + 1) * 2 * FIELDS);
      bigger.set(this.#fields);
      this.#fields = bigger;
    }
    this.#fields.fill(0, slot * FIELDS, (slot + 1) * FIELDS);
  }

  refresh(): boolean {
    return false;
  }

  get version(): number {
    return this.#version;
  }

  get count(): number {
    return this.#slots.length;
  }

  slotAt(index: number): number {
    return this.#slots[index] ?? -1;
  }

  weight(slot: number): number {
    return this.#members[slot]?.weight ?? 0;
  }

  generation(slot: number): number {
    return this.#members[slot]?.generation ?? 0;
  }

  address(slot: number): string {
    return this.#members[slot]?.address ?? "";
  }

  nearness(slot: number): Nearness {
    return this.#members[slot]?.nearness ?? 0;
  }

  get(slot: number, field: HealthField): number {
    return this.#fields[slot * FIELDS + field] ?? 0;
  }

  set(slot: number, field: HealthField, value: number): void {
    this.#fields[slot * FIELDS + field] = value;
  }

  add(slot: number, field: HealthField, delta: number): number {
    const old = this.get(slot, field);
    this.set(slot, field, old + delta);
    return old;
  }

  compareExchange(slot: number, field: HealthField, expected: number, next: number): number {
    const old = this.get(slot, field);
    if (old === expected) this.set(slot, field, next);
    return old;
  }

  begin(slot: number): void {
    this.add(slot, HEALTH_FIELD.inFlight, 1);
  }

  end(slot: number, generation: number): void {
    if (generation === this.generation(slot)) this.add(slot, HEALTH_FIELD.inFlight, -1);
  }
}
