import { expect, it } from "vitest";
import { matchItems, type PaletteItem } from "./palette-items.js";

const items: PaletteItem[] = [
  { kind: "release", text: "r-17", hint: "Flight.mod_flight", to: "/releases/r-17" },
  { kind: "service", text: "Flight.mod_flight", hint: "", to: "/services/Flight/mod_flight" },
  { kind: "machine", text: "web-1", hint: "127.0.0.2", to: "/machines/m-1" },
];

it("finds by any word and puts names that begin with the text first", () => {
  expect(matchItems(items, "flight", "").map((item) => item.text)).toEqual(["Flight.mod_flight", "r-17"]);
  expect(matchItems(items, "127.0 web", "").map((item) => item.text)).toEqual(["web-1"]);
});

it("offers a bare number as a request id", () => {
  expect(matchItems(items, " 12345678901 ", "open request")[0]).toEqual({
    kind: "request",
    text: "12345678901",
    hint: "open request",
    to: "/requests/12345678901",
  });
  expect(matchItems(items, "17", "").map((item) => item.kind)).toEqual(["release"]);
});
