/**
 * Layout of the naming files of the archived system: `meta.dat`, `servers.dat0` and `servers.dat1` of a service.
 *
 *   meta.dat      320 B: 0 ctime | 8 sequence | 16 mtime | 24 index of the current table | 28 reserved | 64 name, 256 B
 *   servers.dat0/1  80512 B of header with the hash of addresses, then 72 B per server, at most 10,000
 *
 * Packed, little-endian, as x86-64 programs map it; sizes are rounded up to pages. Byte tables: docs/protocols/nlb.md.
 */

export const NLB_META_BYTES = 320;
export const NLB_META_FILE_BYTES = 4_096;
export const NLB_SERVERS_HEADER_BYTES = 80_512;
export const NLB_SERVER_BYTES = 72;
export const NLB_MAX_SERVERS = 10_000;
export const NLB_SERVERS_FILE_BYTES = 802_816;
export const NLB_MAX_PORTS = 8;
export const NLB_NAME_BYTES = 256;
/** Of a table; a table of another version gets default tuning. */
export const NLB_VERSION = 1;
/** Where the files are when nobody says otherwise: `<directory>/<First>/<Second>/`. */
export const NLB_DIRECTORY = "/var/nlb/naming";

/** Offsets of `meta.dat`, bytes. */
export const NLB_META = { ctime: 0, sequence: 8, mtime: 16, index: 24, name: 64 } as const;

/** Header of a table, as indexes of 32-bit words. */
export const NLB_WORD = {
  costTotal: 0,
  successTotal: 2,
  failTotal: 4,
  serverNum: 6,
  deadNum: 7,
  deadRetryTimes: 8,
  weightTotal: 9,
  weightDeadBase: 10,
  hashOrder: 11,
  hashModuli: 12,
  hashIndex: 28,
  policy: 20_028,
  version: 20_029,
  weightStaticTotal: 20_030,
  weightLowNum: 20_031,
  shaping_request_min: 20_032,
  success_ratio_base: 20_033,
  success_ratio_min: 20_034,
  resume_weight_ratio: 20_035,
  dead_retry_ratio: 20_036,
  weight_low_watermark: 20_037,
  weight_low_ratio: 20_038,
  weight_incr_ratio: 20_039,
} as const;

/** Slots of the hash of addresses. */
export const NLB_HASH_SLOTS = 20_000;
/** An empty slot. */
export const NLB_NO_SERVER = 0xffff_ffff;

/** `shaping_request_min` and the seven ratios. Ratios are kept as 32-bit floats; each is above 0.00001. */
export interface NlbTuning {
  /** Requests below which success says nothing; a whole number. */
  readonly shaping_request_min: number;
  /** At most 1. */
  readonly success_ratio_base: number;
  /** At most `success_ratio_base`. */
  readonly success_ratio_min: number;
  /** At most 1. */
  readonly resume_weight_ratio: number;
  /** At most 1. */
  readonly dead_retry_ratio: number;
  /** Below 1. */
  readonly weight_low_watermark: number;
  /** Below 1. */
  readonly weight_low_ratio: number;
  /** Below 1. */
  readonly weight_incr_ratio: number;
}

export const NLB_DEFAULT_TUNING: NlbTuning = {
  shaping_request_min: 10,
  success_ratio_base: 0.98,
  success_ratio_min: 0.6,
  resume_weight_ratio: 0.1,
  dead_retry_ratio: 0.01,
  weight_low_watermark: 0.5,
  weight_low_ratio: 0.5,
  weight_incr_ratio: 0.05,
};

/** Names of the ratios, in the order of the file and of the checks. */
export const NLB_RATIOS = [
  "success_ratio_base",
  "success_ratio_min",
  "resume_weight_ratio",
  "dead_retry_ratio",
  "weight_low_watermark",
  "weight_low_ratio",
  "weight_incr_ratio",
] as const satisfies readonly (keyof NlbTuning)[];

/** Policies by name. Only `standard` (and 0, unset) differs from the others: it heeds heartbeats. */
export const NLB_POLICIES = { wrr: 1, "dynamic wrr": 2, standard: 3, odd: 4, "consistent hash": 5 } as const;
export type NlbPolicy = keyof typeof NLB_POLICIES;

export const NLB_TRANSPORTS = { udp: 1, tcp: 2, all: 3 } as const;
export type NlbTransport = keyof typeof NLB_TRANSPORTS;

/** One row of a table: a machine with up to eight ports. */
export interface NlbServer {
  /** IPv4. */
  readonly host: string;
  readonly ports: readonly number[];
  readonly transport: NlbTransport;
  /** 100 to 10000. */
  readonly weight: number;
}

/** What a table is made from. */
export interface NlbService {
  readonly policy: NlbPolicy;
  /** What is not given has its default. */
  readonly tuning: Partial<NlbTuning>;
  readonly servers: readonly NlbServer[];
}

/** Name of a transport's number; `all` for one that nobody knows. */
export function nlbTransportOf(value: number): NlbTransport {
  if (value === NLB_TRANSPORTS.udp) return "udp";
  return value === NLB_TRANSPORTS.tcp ? "tcp" : "all";
}

/** Number of a policy; 0 (unset, acts like `standard`) for one that the layout does not know. */
export function nlbPolicyNumber(name: string): number {
  return Object.hasOwn(NLB_POLICIES, name) ? NLB_POLICIES[name as NlbPolicy] : 0;
}
