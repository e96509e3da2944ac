import { describe, expect, it } from "vitest";
import {
  NLB_DEFAULT_TUNING,
  NLB_META_FILE_BYTES,
  NLB_SERVERS_HEADER_BYTES,
  NLB_WORD,
  nlbPolicyNumber,
} from "./layout.js";
import { NlbMetaView } from "./meta-view.js";
import { NlbServersView } from "./servers-view.js";

const SERVER = { host: "10.1.2.3", ports: [80, 81], transport: "udp", weight: 100 } as const;

function twoServers(): NlbServersView {
  const view = new NlbServersView(new ArrayBuffer(NLB_SERVERS_HEADER_BYTES + 2 * 72));
  view.setWord(NLB_WORD.serverNum, 2);
  view.setServer(0, SERVER);
  view.setServer(1, { ...SERVER, host: "10.1.2.4" });
  return view;
}

describe("servers", () => {
  it("never says more than there is room for, whatever the file says", () => {
    const view = twoServers();
    view.setWord(NLB_WORD.serverNum, 0xffff_ffff);
    view.setWord(NLB_WORD.deadNum, 3_000_000_000);
    expect([view.room, view.serverCount, view.deadCount]).toEqual([2, 2, 2]);
  });

  it("gives back what was set, and cuts off a ninth port", () => {
    const view = twoServers();
    expect(view.server(0)).toEqual(SERVER);
    view.setServer(0, { ...SERVER, ports: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
    expect(view.server(0).ports).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(view.server(1).host).toBe("10.1.2.4");
  });

  it("exchanges servers whole", () => {
    const view = twoServers();
    view.addCounters(0, { failed: 1, success: 2, cost: 3n });
    view.setDeadAtMs(0, 4);
    view.swapServers(0, 1);
    expect([view.host(0), view.host(1), view.failed(1), view.cost(1), view.deadAtMs(1)]).toEqual([
      "10.1.2.4",
      "10.1.2.3",
      1,
      3n,
      4,
    ]);
    expect(view.swapCounters(1)).toEqual({ failed: 1, success: 2, cost: 3n });
    expect(view.swapCounters(1)).toEqual({ failed: 0, success: 0, cost: 0n });
  });

  it("counts probes down to none", () => {
    const view = twoServers();
    view.setWord(NLB_WORD.deadRetryTimes, 2);
    expect([view.takeProbe(), view.takeProbe(), view.takeProbe()]).toEqual([true, true, false]);
  });

  it("keeps tuning as 32-bit floats and totals as 64-bit integers", () => {
    const view = twoServers();
    view.setTuning({ dead_retry_ratio: 0.3 });
    expect(view.tuning().dead_retry_ratio).toBe(Math.fround(0.3));
    expect([view.hasTuning({ dead_retry_ratio: 0.3 }), view.hasTuning(NLB_DEFAULT_TUNING)]).toEqual([true, false]);
    view.setTotal(NLB_WORD.successTotal, 1n << 40n);
    expect([view.total(NLB_WORD.successTotal), view.total(NLB_WORD.failTotal)]).toEqual([1n << 40n, 0n]);
  });

  it("knows the policies of the archived system", () => {
    expect(["wrr", "standard", "adaptive", "toString"].map(nlbPolicyNumber)).toEqual([1, 3, 0, 0]);
  });
});

describe("meta", () => {
  it("holds name, time and index", () => {
    const meta = new NlbMetaView(new ArrayBuffer(NLB_META_FILE_BYTES));
    meta.reset("Login.ptlogin");
    meta.mtimeMs = 1_700_000_000_123;
    meta.index = 1;
    expect([meta.name, meta.mtimeMs, meta.index]).toEqual(["Login.ptlogin", 1_700_000_000_123, 1]);
    meta.reset(`A.${"b".repeat(300)}`);
    expect([meta.name.length, meta.mtimeMs, meta.index]).toEqual([255, 0, 0]);
  });
});
