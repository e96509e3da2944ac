/**
 * Reads a node as an agent of the archived kind does, written from nlb.md §2.1 alone: a second opinion on what we write. Keys that
 * it does not look for do not exist for it. Gives what it would route by, or the number it refuses with.
 */
export interface OldAgentService {
  readonly policy: string;
  readonly shapingRequestMin: number;
  /** base, min, resume, dead retry, low watermark, low ratio, increase. */
  readonly ratios: readonly number[];
  readonly servers: readonly {
    readonly ip: string;
    readonly ports: readonly number[];
    readonly type: number;
    readonly weight: number;
  }[];
}

const POLICIES = ["wrr", "dynamic wrr", "standard", "odd", "consistent hash"];
const TYPES: Readonly<Record<string, number>> = { udp: 1, tcp: 2, all: 3 };
/** Key, refusal, default, limit (`base` = the ratio just read), whether the limit itself is allowed. */
const RATIOS: readonly (readonly [string, number, number, number | "base", boolean])[] = [
  ["success_ratio_base", -204, 0.98, 1, true],
  ["success_ratio_min", -205, 0.6, "base", true],
  ["resume_weight_ratio", -206, 0.1, 1, true],
  ["dead_retry_ratio", -207, 0.01, 1, true],
  ["weight_low_watermark", -208, 0.5, 1, false],
  ["weight_low_ratio", -209, 0.5, 1, false],
  ["weight_incr_ratio", -210, 0.05, 1, false],
];

export function readAsOldAgent(data: Buffer): OldAgentService | number {
  const text = data.at(-1) === 0 ? data.subarray(0, data.indexOf(0)).toString() : data.toString();
  try {
    return readRoot(text, JSON.parse(text) as Record<string, unknown>);
  } catch (error) {
    return error instanceof Refusal ? error.number : -2;
  }
}

class Refusal extends Error {
  readonly number: number;

  constructor(number: number) {
    super(String(number));
    this.number = number;
  }
}

function refuseUnless(holds: boolean, number: number): void {
  if (!holds) throw new Refusal(number);
}

function readRoot(text: string, root: Record<string, unknown>): OldAgentService {
  const servers = readServers(root.IPInfo);
  const { Policy: policy = "standard", shaping_request_min: least = 10 } = root;
  refuseUnless(POLICIES.includes(policy as string), -201);
  // JSON integers only: a decimal point is refused even when the value is whole.
  const isInteger = Number.isInteger(least) && !/"shaping_request_min":-?\d+[.eE]/.test(text);
  refuseUnless(isInteger && (least as number) >= 0, -202);
  return { policy: policy as string, shapingRequestMin: least as number, ratios: readRatios(root), servers };
}

function readRatios(root: Record<string, unknown>): readonly number[] {
  const ratios: number[] = [];
  for (const [key, refusal, usual, limit, mayBeLimit] of RATIOS) {
    const most = limit === "base" ? (ratios[0] ?? 0) : limit;
    const raw = root[key] ?? String(usual);
    refuseUnless(typeof raw === "string", refusal);
    const ratio = Math.fround(Number.parseFloat(raw as string) || 0);
    refuseUnless(ratio > 0.00001 && (mayBeLimit ? ratio <= most : ratio < most), refusal);
    ratios.push(ratio);
  }
  return ratios;
}

function readServers(list: unknown): OldAgentService["servers"] {
  refuseUnless(Array.isArray(list), -4);
  const elements = list as unknown[];
  refuseUnless(elements.length > 0 && elements.length < 10_000, -5);
  return elements.map((element) => {
    refuseUnless(typeof element === "object" && element !== null && !Array.isArray(element), -7);
    return readServer(element as Record<string, unknown>);
  });
}

function readServer({ w, t, IP, ports }: Record<string, unknown>): OldAgentService["servers"][number] {
  refuseUnless(Number.isInteger(w), -101);
  const weight = (w as number) & 0xffff;
  refuseUnless(weight >= 100 && weight <= 10_000, -102);
  refuseUnless(typeof t === "string", -103);
  const type = TYPES[t as string] ?? 0;
  refuseUnless(type > 0, -104);
  refuseUnless(typeof IP === "string", -105);
  refuseUnless(Array.isArray(ports), -106);
  const list = ports as unknown[];
  refuseUnless(list.length <= 8, -107);
  refuseUnless(list.every(Number.isInteger), -108);
  return { ip: IP as string, ports: list.map((port) => (port as number) & 0xffff), type, weight };
}
