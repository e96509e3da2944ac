import { currentTable, type NodeEvent, OriginalBalancer, type OriginalCompat } from "@msec/balancer";
import {
  decodeRouteAnswer,
  encodeRouteAnswer,
  encodeRouteQuestion,
  findServer,
  formatNlbService,
  hostOfIpKey,
  ipKeyOf,
  multiHashModuli,
  NLB_HASH_MODULI,
  NLB_HASH_SLOTS,
  NLB_WORD,
  type NlbPolicy,
  type NlbRoute,
  type NlbServersView,
  type NlbService,
  nlbNameHash,
  parseNlbService,
  tryDecodeRouteQuestion,
} from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { fromHex, loadCases, toHex } from "./vectors.js";

interface DatagramCase {
  name: string;
  kind: "question" | "answer";
  hex: string;
  want: string | null | NlbRoute | { error: string };
  /** Nobody writes it so. */
  readOnly?: boolean;
}

describe("route questions", () => {
  const cases = loadCases<DatagramCase>("./nlb/datagrams.json");
  const answer = (hex: string): unknown => {
    try {
      return decodeRouteAnswer(fromHex(hex)) ?? "refused";
    } catch (error) {
      return { error: (error as { reason: string }).reason };
    }
  };

  it.each(cases)("$name", ({ kind, hex, want }) => {
    expect(kind === "question" ? (tryDecodeRouteQuestion(fromHex(hex)) ?? null) : answer(hex)).toEqual(want);
  });

  const written = cases.filter(
    ({ want, readOnly }) => readOnly !== true && want !== null && !Object.hasOwn(Object(want), "error"),
  );
  it.each(written)("writes: $name", ({ kind, hex, want }) => {
    const route = want === "refused" ? undefined : (want as NlbRoute);
    expect(toHex(kind === "question" ? encodeRouteQuestion(want as string) : encodeRouteAnswer(route))).toBe(hex);
  });
});

interface ServiceCase {
  name: string;
  text: string;
  want: NlbService | { number: number };
  writes?: boolean;
}

describe("service JSON", () => {
  const cases = loadCases<ServiceCase>("./nlb/service-json.json");
  const read = (text: string): unknown => {
    try {
      return parseNlbService(new TextEncoder().encode(text));
    } catch (error) {
      return { number: (error as { details: { number: number } }).details.number };
    }
  };

  it.each(cases)("$name", ({ text, want }) => {
    expect(read(text)).toEqual(want);
  });

  it.each(cases.filter(({ writes }) => writes))("writes: $name", ({ text, want }) => {
    expect(JSON.parse(formatNlbService(want as NlbService))).toEqual(JSON.parse(text));
  });

  it("takes 9999 servers and refuses 10000", () => {
    const list = (count: number): string => {
      const server = { IP: "10.0.0.1", ports: [80], t: "tcp", w: 100 };
      return JSON.stringify({ IPInfo: Array.from({ length: count }, () => server) });
    };
    expect((read(list(9_999)) as NlbService).servers).toHaveLength(9_999);
    expect(read(list(10_000))).toEqual({ number: -5 });
  });
});

describe("hashes", () => {
  it("has the rows of the tables and of the agent's table of addresses", () => {
    expect(NLB_HASH_MODULI).toEqual([4621, 3557, 2741, 2111, 1627, 1259, 971, 751, 577, 443, 347, 269, 211, 163, 352]);
    expect(NLB_HASH_MODULI.reduce((sum, modulus) => sum + modulus)).toBe(NLB_HASH_SLOTS);
    expect(multiHashModuli(1_000_000).join(" ")).toBe(
      "230771 177533 136573 105071 80831 62189 47837 36809 28319 21787 16759 12893 9923 7639 25066",
    );
  });

  it("hashes names", () => {
    expect(nlbNameHash("Login.ptlogin")).toBe(3_432_570_121);
  });

  it("reads octets as a little-endian word", () => {
    expect([ipKeyOf("10.1.2.3"), hostOfIpKey(0x0302010a), ipKeyOf("10.1.2"), ipKeyOf("10.1.2.256")]).toEqual([
      0x0302010a,
      "10.1.2.3",
      0,
      0,
    ]);
  });
});

interface Cycle {
  counters: Readonly<Record<string, readonly [success: number, failed: number]>>;
  events?: readonly NodeEvent[];
  list?: readonly { host: string; weight: number }[];
  want: {
    weights: Readonly<Record<string, number>>;
    dead: readonly string[];
    head: Readonly<Record<string, number>>;
    counters?: Readonly<Record<string, readonly [success: number, failed: number]>>;
  };
}
interface ShapingCase {
  name: string;
  compat: OriginalCompat;
  policy?: NlbPolicy;
  weight: number;
  cycles: readonly Cycle[];
}

const HEAD_WORDS: Readonly<Record<string, number>> = {
  dead_num: NLB_WORD.deadNum,
  weight_dead_base: NLB_WORD.weightDeadBase,
  weight_total: NLB_WORD.weightTotal,
  weight_low_num: NLB_WORD.weightLowNum,
  dead_retry_times: NLB_WORD.deadRetryTimes,
};

function look(view: NlbServersView, want: Cycle["want"]): Cycle["want"] {
  const rows = Array.from({ length: view.serverCount }, (_, n) => n);
  const hosts = (keep: (row: number) => boolean): string[] => rows.filter(keep).map((row) => view.host(row));
  const count = (host: string): [number, number] => {
    const row = findServer(view, ipKeyOf(host));
    return [view.success(row), view.failed(row)];
  };
  return {
    weights: Object.fromEntries(rows.map((row) => [view.host(row), view.dynamicWeight(row)])),
    dead: hosts((row) => view.deadAtMs(row) !== 0).toSorted(),
    head: Object.fromEntries(Object.keys(want.head).map((name) => [name, view.word(HEAD_WORDS[name] ?? -1)])),
    ...(want.counters && {
      counters: Object.fromEntries(Object.keys(want.counters).map((host) => [host, count(host)])),
    }),
  };
}

describe("weight shaping", () => {
  it.each(loadCases<ShapingCase>("./nlb/shaping.json"))("$name", ({ compat, policy = "standard", weight, cycles }) => {
    const row = (host: string, own: number) => ({ host, ports: [80], transport: "all" as const, weight: own });
    const list = (rows: readonly { host: string; weight: number }[]): NlbService => ({
      policy,
      tuning: {},
      servers: rows.map(({ host, weight: own }) => row(host, own)),
    });
    const first = [1, 2, 3, 4].map((last) => ({ host: `10.0.0.${last}`, weight }));
    const balancer = new OriginalBalancer(list(first), { random: Math.random, compat });
    for (const [n, { counters, events, list: next, want }] of cycles.entries()) {
      const { tables } = balancer;
      for (const [host, [success, failed]] of Object.entries(counters)) {
        const view = currentTable(tables);
        view.addCounters(findServer(view, ipKeyOf(host)), { success, failed, cost: BigInt(success) });
      }
      const { index } = tables.meta;
      balancer.cycle(1_000 + n, { ...(events && { events }), ...(next && { service: list(next) }) });
      expect(tables.meta.index, `cycle ${n + 1}`).toBe(1 - index);
      expect(look(currentTable(tables), want), `cycle ${n + 1}`).toEqual(want);
    }
  });
});
