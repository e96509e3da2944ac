import { expect, it } from "vitest";
import { checkEntry } from "./check-entry.js";
import { planNames } from "./name-plan.js";

const entry = (service: string, lasts: readonly number[], more = {}) => ({
  ...checkEntry(service, {
    policy: "adaptive",
    instances: lasts.map((last) => ({ host: `10.0.0.${last}`, port: 80, transport: "tcp" as const })),
    ...more,
  }),
  revision: 7,
});

it("tells what comes, goes and changes, and leaves alone what is not listed", () => {
  const heavy = { ...entry("A3.Bb", [2]).instances[0], weight: 200 };
  const from = [
    entry("A4.Bb", [1, 2, 3, 4, 5, 6, 7]),
    entry("A3.Bb", [1, 3], { instances: [heavy, entry("A3.Bb", [3]).instances[0]] }),
    entry("A2.Bb", [1], { locality: "zone" }),
    entry("A1.Bb", [1]),
    entry("A0.Bb", [1]),
  ];
  const to = [
    entry("A1.Bb", [1]),
    entry("A2.Bb", [1]),
    entry("A3.Bb", [1, 2]),
    entry("A4.Bb", []),
    entry("Z9.Bb", [1]),
  ];
  expect(planNames(from, to).map(({ service, action, text }) => `${service} ${action} ${text}`)).toEqual([
    "A0.Bb add 1 instance",
    "A1.Bb same ",
    "A2.Bb change its settings",
    "A3.Bb change +10.0.0.3:80 -10.0.0.1:80 ~10.0.0.2:80",
    "A4.Bb change +10.0.0.1:80 +10.0.0.2:80 +10.0.0.3:80 +10.0.0.4:80 +10.0.0.5:80 and 2 more",
  ]);
});

it("refuses a malformed entry", () => {
  expect(() => planNames([{ service: "NoDot", policy: "wrr", instances: [] }], [])).toThrowError(/NoDot/);
});
