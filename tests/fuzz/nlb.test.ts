/** Naming of the archived system: foreign datagrams, foreign JSON, and tables into which somebody wrote anything. */
import { createMemoryTables, currentTable, reportServer, routeOf, searchServer, shapeTables } from "@msec/balancer";
import {
  decodeRouteAnswer,
  encodeRouteAnswer,
  encodeRouteQuestion,
  formatNlbService,
  NLB_DEFAULT_TUNING,
  NLB_WORD,
  type NlbPolicy,
  type NlbServer,
  type NlbService,
  type NlbTransport,
  parseNlbService,
  tryDecodeRouteQuestion,
} from "@msec/protocol";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { damaged, damagedText, noise, survives } from "./damaged-bytes.js";
import { fuzz } from "./fuzz-property.js";

const utf8 = new TextEncoder();
const octet = fc.integer({ min: 1, max: 255 });
const hosts = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join("."));
const ports = fc.integer({ min: 1, max: 65_535 });
const transports = fc.constantFrom<NlbTransport>("udp", "tcp", "all");
const routes = fc.record({ host: hosts, port: ports, transport: transports });
const servers: fc.Arbitrary<NlbServer> = fc.record({
  host: hosts,
  ports: fc.array(ports, { maxLength: 8 }),
  transport: transports,
  weight: fc.integer({ min: 100, max: 10_000 }),
});
const ratios = fc.float({ min: Math.fround(0.001), max: Math.fround(0.999), noNaN: true });
const services: fc.Arbitrary<NlbService> = fc.record({
  policy: fc.constantFrom<NlbPolicy>("wrr", "dynamic wrr", "standard", "odd", "consistent hash"),
  tuning: fc.record(
    { shaping_request_min: fc.nat(), weight_low_ratio: ratios, weight_incr_ratio: ratios, dead_retry_ratio: ratios },
    { requiredKeys: [] },
  ),
  servers: fc.array(servers, { minLength: 1, maxLength: 5 }),
});
const serviceTexts = services.map(formatNlbService);
const words = ["{", "]", '"', "-", "1e2", "65636", "null", '"w":', '"t":"udp",', "\\u0000", "\\ud800"];

describe("nothing but an AppError is thrown", () => {
  const questions = fc.oneof(noise, damaged(fc.string({ maxLength: 300 }).map(encodeRouteQuestion)));
  fuzz(
    "route question",
    fc.property(questions, (bytes) => {
      expect((tryDecodeRouteQuestion(bytes) ?? "").length).toBeLessThan(256);
    }),
  );
  fuzz(
    "route answer",
    fc.property(fc.oneof(noise, damaged(routes.map(encodeRouteAnswer))), (bytes) =>
      survives(() => decodeRouteAnswer(bytes)),
    ),
  );
  fuzz(
    "service JSON of the archived system",
    fc.property(fc.oneof(fc.json(), damagedText(serviceTexts, words)), (text) =>
      survives(() => parseNlbService(utf8.encode(text))),
    ),
  );
});

describe("what was written is read", () => {
  fuzz(
    "route answers",
    fc.property(routes, (route) => {
      expect(decodeRouteAnswer(encodeRouteAnswer(route))).toEqual(route);
    }),
  );
  fuzz(
    "services of the archived system",
    fc.property(services, (service) => {
      expect(parseNlbService(utf8.encode(formatNlbService(service)))).toEqual(service);
    }),
  );
});

describe("tables that somebody spoiled", () => {
  const row = (n: number): NlbServer => ({ host: `10.0.0.${n}`, ports: [80], transport: "all", weight: 100 });
  const list: NlbService = { policy: "standard", tuning: NLB_DEFAULT_TUNING, servers: [1, 2, 3, 4].map(row) };
  // Words of the header but for the bulk of the hash, and all words of the servers.
  const spots = fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: NLB_WORD.policy, max: 20_128 + 4 * 18 - 1 }));
  const values = fc.oneof(fc.constantFrom(0, 1, 0xffff_ffff, 0x7fff_ffff, 0x7fc0_0000), fc.nat({ max: 0xffff_ffff }));
  const pokes = fc.array(fc.tuple(spots, values), { minLength: 1, maxLength: 12 });

  fuzz(
    "searched, counted and shaped all the same",
    fc.property(pokes, fc.constantFrom("fixed" as const, "as-shipped" as const), (spoiled, compat) => {
      const tables = createMemoryTables(list, 4);
      for (const [spot, value] of spoiled) currentTable(tables).setWord(spot, value);
      for (let round = 0; round < 3; round += 1) {
        const view = currentTable(tables);
        const server = searchServer(view, Math.random);
        expect(server).toBeLessThan(view.serverCount);
        if (server >= 0) routeOf(view, server, Math.random);
        reportServer(view, "10.0.0.2", { failed: round, costMs: 1 });
        shapeTables(tables, { nowMs: round, compat });
      }
      shapeTables(tables, { nowMs: 9, compat, service: list });
      expect(currentTable(tables).serverCount).toBe(4);
    }),
  );
});
