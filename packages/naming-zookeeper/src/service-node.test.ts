import { checkEntry, type ServiceEntry, type ServiceEntryInput } from "@msec/naming";
import { describe, expect, it } from "vitest";
import { formatServiceNode, parseServiceNode } from "./service-node.js";
import { type OldAgentService, readAsOldAgent } from "./testing/old-agent.js";

const entryOf = (input: ServiceEntryInput): ServiceEntry => ({ ...checkEntry("VOA.Crawl", input), revision: 1 });
const written = (input: ServiceEntryInput) => formatServiceNode(entryOf(input)).toString();
const read = (text: string, known?: ServiceEntry) => parseServiceNode("VOA.Crawl", Buffer.from(text), known);
const at = (host: string, more: object = {}) => ({ host, port: 7963, transport: "all" as const, ...more });
const DEFAULT_RATIOS = [0.98, 0.6, 0.1, 0.01, 0.5, 0.5, 0.05].map(Math.fround);

describe("what is written", () => {
  it("is what the archived console writes, byte for byte, when a service needs no more", () => {
    expect(written({ policy: "adaptive", instances: [at("10.1.2.3"), at("10.1.2.4")] })).toBe(
      '{"Policy":"standard","IPInfo":[{"IP":"10.1.2.3","ports":[7963],"t":"all","w":100},{"IP":"10.1.2.4","ports":[7963],"t":"all","w":100}]}',
    );
    expect(written({ policy: "odd", instances: [] })).toBe('{"Policy":"odd","IPInfo":[]}');
  });

  it("is the example of the original with its tuning keys", () => {
    const tuning = { shaping_request_min: 20, success_ratio_base: 0.95 };
    expect(written({ policy: "adaptive", tuning, instances: [at("10.1.2.3")] })).toBe(
      '{"Policy":"standard","shaping_request_min":20,"success_ratio_base":"0.95","IPInfo":[{"IP":"10.1.2.3","ports":[7963],"t":"all","w":100}]}',
    );
  });

  it.each<{ name: string; input: ServiceEntryInput; want: Partial<OldAgentService> }>([
    { name: "labels and settings of ours", input: full(), want: { policy: "standard", ratios: DEFAULT_RATIOS } },
    {
      name: "a policy that it does not know",
      input: { policy: "least load", instances: [at("10.0.0.1")] },
      want: { policy: "standard" },
    },
    {
      name: "weights below 100, in proportion",
      input: { policy: "wrr", instances: [at("10.0.0.1", { weight: 50 }), at("10.0.0.2", { weight: 200 })] },
      want: { policy: "wrr", servers: [server("10.0.0.1", 100), server("10.0.0.2", 400)] },
    },
    {
      name: "IPv4 instances only",
      input: { policy: "odd", instances: [at("10.0.0.1"), at("2001:db8::1")] },
      want: { policy: "odd", servers: [server("10.0.0.1", 100)] },
    },
    {
      name: "ratios at their limits",
      input: {
        policy: "wrr",
        tuning: { success_ratio_base: 0.3, success_ratio_min: 0.3, weight_incr_ratio: 0.0000101, dead_retry_ratio: 1 },
        instances: [at("10.0.0.1")],
      },
      want: { ratios: [0.3, 0.3, 0.1, 1, 0.5, 0.5, 0.0000101].map(Math.fround) },
    },
  ])("is understood by an agent of the old kind: $name", ({ input, want }) => {
    expect(readAsOldAgent(Buffer.from(written(input)))).toMatchObject(want);
  });

  it("is read back as it was put", () => {
    for (const input of [
      full(),
      { policy: "least load", instances: [] },
      { policy: "standard", instances: [at("10.0.0.1")] },
    ]) {
      const { revision: _, ...entry } = entryOf(input);
      expect(read(written(input))).toEqual(entry);
    }
  });

  it("refuses more than a node holds", () => {
    const instances = Array.from({ length: 10_000 }, (_, n) => at(`10.0.${n >> 8}.${n & 255}`));
    expect(() => written({ policy: "wrr", instances })).toThrowError(/IPInfo has 10000/);
    const set = "a-label-of-thirty-two-characters";
    const labelled = instances.slice(0, 9_999).map((instance) => ({ ...instance, zone: set, rack: set, set }));
    expect(() => written({ policy: "wrr", instances: labelled })).toThrowError(/a node holds 1000000/);
  });
});

describe("what another console wrote", () => {
  const plain = '{"Policy":"standard","IPInfo":[{"IP":"10.0.0.1","ports":[80],"t":"tcp","w":100}]}';

  it("keeps what it can't say: labels, settings, tuning, IPv6 instances", () => {
    const known = entryOf({ ...full(), tuning: { success_ratio_base: 0.9 } });
    const text = '{"Policy":"standard","IPInfo":[{"IP":"10.0.0.1","ports":[7963],"t":"all","w":300}]}';
    const { instances, ...rest } = read(text, known);
    const { instances: _, revision: __, ...settings } = known;
    expect(rest).toEqual(settings);
    expect(instances.map(({ host, weight, zone }) => [host, weight, zone])).toEqual([
      ["10.0.0.1", 300, "eu-1a"],
      ["2001:db8::1", 100, ""],
    ]);
  });

  it("names our usual policy for its own, unless we know better", () => {
    expect(read(plain).policy).toBe("adaptive");
    expect(read(plain, entryOf({ policy: "standard", instances: [] })).policy).toBe("standard");
    expect(read(plain.replace("standard", "wrr"), entryOf({ policy: "adaptive", instances: [] })).policy).toBe("wrr");
  });

  it("has one instance per port, each address once", () => {
    const list = '{"IP":"10.0.0.1","ports":[80,81],"t":"tcp","w":100},{"IP":"10.0.0.1","ports":[80],"t":"udp","w":200}';
    expect(read(`{"IPInfo":[${list}]}\0rest`.slice(0, -4)).instances).toMatchObject([
      { host: "10.0.0.1", port: 80, transport: "all", weight: 100 },
      { host: "10.0.0.1", port: 81, transport: "tcp", weight: 100 },
    ]);
  });

  it("counts where somebody changed w beside our own weights", () => {
    const text = written({
      policy: "wrr",
      instances: [at("10.0.0.1", { weight: 50 }), at("10.0.0.2", { weight: 200 })],
    });
    expect(read(text).instances.map(({ weight }) => weight)).toEqual([50, 200]);
    const changed = text.replace('"w":400', '"w":100');
    expect(read(changed).instances.map(({ weight }) => weight)).toEqual([100, 100]);
  });

  it("may be empty", () => {
    expect(read('{"Policy":"odd","IPInfo":[]}')).toMatchObject({ policy: "odd", instances: [] });
  });

  it.each([
    ["no JSON", "{", /not valid JSON/],
    ["a ratio as a number", plain.replace("{", '{"success_ratio_base":0.9,'), /success_ratio_base/],
    ["an address that is none", plain.replace("10.0.0.1", "www"), /an IP that is none/],
    ["port 0", plain.replace("80", "0"), /port/],
    ["labels that are none", plain.replace(/\}$/, ',"msec":{"instances":{"10.0.0.1:80":{"zone":"a b"}}}}'), /zone/],
  ])("is refused with its reason: %s", (_, text, problem) => {
    expect(() => read(text)).toThrowError(
      expect.objectContaining({ reason: "NAME_ZOOKEEPER_NODE_INVALID", message: expect.stringMatching(problem) }),
    );
  });
});

function full(): ServiceEntryInput {
  return {
    policy: "adaptive",
    check: "tcp",
    locality: "rack",
    partition: true,
    instances: [
      at("10.0.0.1", { zone: "eu-1a", rack: "r07", set: "blue", weight: 7 }),
      at("10.0.0.2"),
      at("2001:db8::1"),
    ],
  };
}

function server(ip: string, weight: number): OldAgentService["servers"][number] {
  return { ip, ports: [7963], type: 3, weight };
}
