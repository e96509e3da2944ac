import { expect, it } from "vitest";
import { AddressList } from "./address-list.js";

it.each([
  {
    entries: ["10.0.0.0/8", "127.0.0.1"],
    yes: ["10.255.0.1", "127.0.0.1", "::ffff:10.1.2.3"],
    no: ["11.0.0.1", "127.0.0.2", "::1", "", "nonsense", "::ffff:11.0.0.1"],
  },
  { entries: ["fd00::/8", "::1/128"], yes: ["fd12::1", "::1"], no: ["fe80::1", "::2", "10.0.0.1"] },
  { entries: ["0.0.0.0/0"], yes: ["1.2.3.4"], no: ["::1"] },
  { entries: ["192.168.1.77/24"], yes: ["192.168.1.1"], no: ["192.168.2.1"] },
])("$entries", ({ entries, yes, no }) => {
  const list = new AddressList(entries);
  expect(yes.filter((address) => !list.includes(address))).toEqual([]);
  expect(no.filter((address) => list.includes(address))).toEqual([]);
});

it.each(["10.0.0.0/33", "10.0.0", "host", "::/129", "10.0.0.0/8/8", "10.0.0.0/", "10.0.0.0/a", ""])(
  "refuses the entry %j",
  (entry) => {
    expect(() => new AddressList([entry])).toThrow("is no address or network");
  },
);
