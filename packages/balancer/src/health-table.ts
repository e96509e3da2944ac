/**
 * What the balancer needs to know and change about the instances of one service. `@msec/shm`'s `LiveTable` has this shape, so
 * that all processes of a machine share their experience; {@link MemoryHealthTable} is the same for one process.
 *
 * Times in fields are milliseconds of a clock all users of the table share, wrapped to signed 32 bits; 0 = not set.
 */

/** How one attempt ended. The same union as `CallOutcome` of `@msec/rpc`. */
export type CallOutcome =
  | "success"
  | "refused"
  | "reset"
  | "timeout"
  | "error"
  /** Refused early by a peer with too much to do: it is alive and takes less for a while; never a reason to eject it. */
  | "busy"
  | "cancelled";

/** Numbers of the fields of an instance. */
export const HEALTH_FIELD = {
  /** Calls in flight from this machine. */
  inFlight: 0,
  /** Where the window begins: `successTotal` and `failureTotal` less these are its counts, which are halved every `windowMs`. */
  successMark: 1,
  failureMark: 2,
  consecutiveFailures: 3,
  /** Average latency, µs. A failure never lowers it. */
  latencyEwmaUs: 4,
  /** Worst latency of the window, halved with it, µs. */
  peakLatencyUs: 5,
  /** Not used before this time; stays set until a trial succeeds. */
  ejectedUntil: 6,
  ejectedAt: 7,
  /** One of {@link EJECT_REASON}. */
  ejectReason: 8,
  /** Ejections in a row; doubles the next one. */
  ejectStreak: 9,
  /** When the one trial call after an ejection was let through. */
  trialAt: 10,
  /** Start of the ramp back to the full share. */
  rampStart: 11,
  lastFailureAt: 12,
  lastPickAt: 13,
  windowAt: 14,
  lastReportAt: 15,
  /** Totals since the instance was added; wrap at 2^32. What was picked is their sum and what is in flight. */
  cancelledTotal: 16,
  successTotal: 17,
  failureTotal: 18,
  /** When the agent last tried to connect, and how it went: 0 never tried, 1 accepted, 2 failed. */
  probeAt: 19,
  probeResult: 20,
  /** Sum of the evidence that this instance fails more than the others, thousandths of a nat; successes wear it off. */
  evidenceMilli: 21,
  /** `successTotal` when the evidence was last added to. */
  evidenceMark: 22,
  /** Mark of the only process that had reason for the ejection; 0 = others saw it too. */
  accuser: 23,
  /** How much of its traffic it refuses as busy, thousandths, and when it last did. */
  busyMilli: 24,
  busyAt: 25,
  busyTotal: 26,
} as const;
export type HealthField = (typeof HEALTH_FIELD)[keyof typeof HEALTH_FIELD];

export const EJECT_REASON = { none: 0, refused: 1, consecutiveFailures: 2, lowSuccess: 3, probeFailed: 4 } as const;
export type EjectReason = (typeof EJECT_REASON)[keyof typeof EJECT_REASON];

export type Nearness = 0 | 1 | 2;

/** Instances by slot. A slot number belongs to an instance as long as `generation` stays the same. */
export interface HealthTable {
  /** Takes over changes of the members. Cheap when there is none. */
  refresh(): boolean;
  /** Changes with the members. */
  readonly version: number;
  /** Number of members. */
  readonly count: number;
  /** Slot of member `index`, 0 ≤ index < count. */
  slotAt(index: number): number;
  weight(slot: number): number;
  generation(slot: number): number;
  /** `ip:port`. */
  address(slot: number): string;
  /** As far as the service asks for it: 2 = same rack, 1 = same zone, 0 = elsewhere or not asked. */
  nearness(slot: number): Nearness;
  get(slot: number, field: HealthField): number;
  set(slot: number, field: HealthField, value: number): void;
  /** Adds atomically and gives the old value. */
  add(slot: number, field: HealthField, delta: number): number;
  /** Sets `next` if the value is `expected`; gives the value found. */
  compareExchange(slot: number, field: HealthField, expected: number, next: number): number;
  /** Counts a call in flight. */
  begin(slot: number): void;
  /** Counts it out, unless the slot has a new owner. */
  end(slot: number, generation: number): void;
}
