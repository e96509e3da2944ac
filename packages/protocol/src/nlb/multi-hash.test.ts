/** Row lengths and name hashes are vectors in tests/conformance/nlb.test.ts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostOfIpKey, ipKeyOf } from "./ip-key.js";
import { NLB_SERVER_BYTES, NLB_SERVERS_HEADER_BYTES, NLB_WORD, type NlbServer } from "./layout.js";
import { findServer, NLB_HASH_MODULI, rebuildServerHash } from "./multi-hash.js";
import { NlbServersView } from "./servers-view.js";

function tableOf(hosts: readonly string[]): NlbServersView {
  const view = new NlbServersView(new ArrayBuffer(NLB_SERVERS_HEADER_BYTES + NLB_SERVER_BYTES * hosts.length));
  const server = (host: string): NlbServer => ({ host, ports: [80], transport: "tcp", weight: 100 });
  for (const [n, host] of hosts.entries()) view.setServer(n, server(host));
  view.setWord(NLB_WORD.serverNum, hosts.length);
  rebuildServerHash(view);
  return view;
}

describe("hash of addresses", () => {
  it("finds each of any addresses, and no others", () => {
    const key = fc.integer({ min: 1, max: 0xffff_ffff });
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 1, maxLength: 300 }), key, (keys, stranger) => {
        const view = tableOf(keys.map(hostOfIpKey));
        expect(keys.map((one) => findServer(view, one))).toEqual([...keys.keys()]);
        expect(findServer(view, stranger)).toBe(keys.indexOf(stranger));
      }),
      { numRuns: 30 },
    );
  });

  it("finds the first of equal addresses, and goes without the sixteenth", () => {
    const view = tableOf([...Array.from({ length: 16 }, () => "10.0.0.1"), "10.0.0.2"]);
    expect(findServer(view, ipKeyOf("10.0.0.1"))).toBe(0);
    expect(findServer(view, ipKeyOf("10.0.0.2"))).toBe(16);
    expect([...view.words.subarray(NLB_WORD.hashIndex, NLB_WORD.policy)].filter((slot) => slot < 16)).toHaveLength(15);
  });

  it("reads the row lengths that the file has", () => {
    const view = tableOf(["10.0.0.1"]);
    const key = ipKeyOf("10.0.0.1");
    const [first] = NLB_HASH_MODULI as readonly [number];
    view.setWord(NLB_WORD.hashIndex + (key % first), 0xffff_ffff);
    view.setWord(NLB_WORD.hashModuli, 7);
    view.setWord(NLB_WORD.hashIndex + (key % 7), 0);
    expect(findServer(view, key)).toBe(0);
  });

  it.each([
    { name: "no rows", word: NLB_WORD.hashOrder, value: 0 },
    { name: "a row of length 0", word: NLB_WORD.hashModuli, value: 0 },
    { name: "a row beyond the table", word: NLB_WORD.hashModuli, value: 20_001 },
  ])("finds nothing in a damaged header: $name", ({ word, value }) => {
    const view = tableOf(["10.0.0.1"]);
    view.setWord(word, value);
    expect(findServer(view, ipKeyOf("10.0.0.1"))).toBe(-1);
  });

  it("passes over a slot that leads beyond the servers", () => {
    const view = tableOf(["10.0.0.1"]);
    view.words.fill(5, NLB_WORD.hashIndex, NLB_WORD.policy);
    expect(findServer(view, ipKeyOf("10.0.0.1"))).toBe(-1);
  });
});
