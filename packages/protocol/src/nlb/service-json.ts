/**
 * The JSON of a service in ZooKeeper (`/nameservice/<First>/<Second>`), read as strictly and as oddly as the archived agent
 * does: ratios are strings, integers must be written as integers, numbers are cut to 16 bits, the last of equal keys counts.
 */
import { NlbServiceInvalid } from "../errors.js";
import { hostOfIpKey, ipKeyOf } from "./ip-key.js";
import {
  NLB_DEFAULT_TUNING,
  NLB_MAX_PORTS,
  NLB_MAX_SERVERS,
  NLB_POLICIES,
  NLB_RATIOS,
  NLB_TRANSPORTS,
  type NlbPolicy,
  type NlbServer,
  type NlbService,
  type NlbTransport,
  type NlbTuning,
} from "./layout.js";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** Key, error number and whether 1 is allowed, in the order of the checks. */
const RATIO_CHECKS = [
  ["success_ratio_base", -204, true],
  ["success_ratio_min", -205, true],
  ["resume_weight_ratio", -206, true],
  ["dead_retry_ratio", -207, true],
  ["weight_low_watermark", -208, false],
  ["weight_low_ratio", -209, false],
  ["weight_incr_ratio", -210, false],
] as const satisfies readonly [key: (typeof NLB_RATIOS)[number], number: number, mayBeOne: boolean][];

const RATIO_ABOVE = 0.00001;
const MIN_WEIGHT = 100;
const MAX_WEIGHT = 10_000;
const MAX_INT32 = 0x7fff_ffff;
/** A JSON token that needs a look: a string or a number. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Reads a service's node.
 *
 * @throws {NlbServiceInvalid} `details.number` is the archived agent's error number
 */
export function parseNlbService(data: Uint8Array): NlbService {
  const root = parseText(data);
  const servers = readServers(root.IPInfo);
  const policy = readPolicy(root.Policy);
  return { policy, tuning: readTuning(root), servers };
}

/**
 * The node's text, in the form that the archived console writes. The tuning keys that are given are written, the others not.
 *
 * @throws {NlbServiceInvalid} what the archived agent would refuse
 */
export function formatNlbService(service: NlbService): string {
  const { policy, tuning, servers } = service;
  const root: Record<string, unknown> = { Policy: policy };
  if (tuning.shaping_request_min !== undefined) root.shaping_request_min = tuning.shaping_request_min;
  for (const key of NLB_RATIOS) {
    const value = tuning[key];
    if (value !== undefined) root[key] = formatRatio(value);
  }
  root.IPInfo = servers.map(({ host, ports, transport, weight }) => ({ IP: host, ports, t: transport, w: weight }));
  const text = JSON.stringify(root);
  const bad = servers.find(({ host, ports }) => ipKeyOf(host) === 0 || ports.some((port) => port < 1 || port > 65_535));
  if (bad !== undefined) fail(-105, `server ${bad.host}:${bad.ports} has no IPv4 address or a bad port`);
  parseNlbService(new TextEncoder().encode(text));
  return text;
}

/** The shortest decimal that gives the same 32-bit float, since that is what a reader keeps; never with an exponent. */
function formatRatio(value: number): string {
  for (let digits = 1; digits <= 9; digits += 1) {
    const text = Number(value.toPrecision(digits)).toFixed(14).replace(/0+$/, "").replace(/\.$/, ".0");
    if (Math.fround(Number(text)) === Math.fround(value)) return text;
  }
  return String(value);
}

function parseText(data: Uint8Array): JsonObject {
  const end = data.at(-1) === 0 ? data.indexOf(0) : data.length;
  let root: Json;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data.slice(0, end));
    JSON.parse(text); // its errors are about the text that came
    root = JSON.parse(text.replace(TOKEN, checkToken)) as Json;
  } catch (error) {
    throw new NlbServiceInvalid({ number: -2, problem: "not valid JSON" }, { cause: error });
  }
  if (!isObject(root)) fail(-2, "the top level is not an object");
  return root;
}

/**
 * Strings without what the archived parser refuses; numbers that are no integers as null, so that they are refused where an
 * integer is asked for; integers beyond 2^53 as small ones with the same low 16 bits and sign.
 */
function checkToken(token: string): string {
  if (token.startsWith('"')) {
    if (/\p{Surrogate}|\0/u.test(JSON.parse(token) as string)) throw new SyntaxError("a lone surrogate or NUL");
    return token;
  }
  if (/[.eE]/.test(token)) return "null";
  if (Number.isSafeInteger(Number(token))) return token;
  const value = BigInt(token.slice(0, 40));
  if (token.length > 40 || BigInt.asIntN(64, value) !== value) throw new SyntaxError("an integer beyond 64 bits");
  const low = Number(BigInt.asUintN(16, value));
  return String((value < 0n ? -1 : 1) * 2 ** 40 + low);
}

function readServers(value: Json | undefined): readonly NlbServer[] {
  if (!Array.isArray(value)) fail(-4, "IPInfo is missing or not an array");
  if (value.length === 0 || value.length >= NLB_MAX_SERVERS) {
    fail(-5, `IPInfo has ${value.length} elements, allowed are 1 to ${NLB_MAX_SERVERS - 1}`);
  }
  return value.map(readServer);
}

function readServer(value: Json, index: number): NlbServer {
  const where = `IPInfo[${index}]`;
  if (!isObject(value)) fail(-7, `${where} is not an object`);
  const { w, t, IP, ports } = value;
  if (typeof w !== "number") fail(-101, `${where}.w is not an integer`);
  const weight = toUint16(w);
  if (weight < MIN_WEIGHT || weight > MAX_WEIGHT) fail(-102, `${where}.w is ${w}, allowed are 100 to 10000`);
  if (typeof t !== "string") fail(-103, `${where}.t is not a string`);
  if (!Object.hasOwn(NLB_TRANSPORTS, t)) fail(-104, `${where}.t is ${JSON.stringify(t)}, allowed are udp, tcp and all`);
  if (typeof IP !== "string") fail(-105, `${where}.IP is not a string`);
  const host = hostOfIpKey(ipKeyOf(IP)); // a bad one is 0.0.0.0
  return { host, ports: readPorts(ports, where), transport: t as NlbTransport, weight };
}

function readPorts(value: Json | undefined, where: string): readonly number[] {
  if (!Array.isArray(value)) fail(-106, `${where}.ports is missing or not an array`);
  if (value.length > NLB_MAX_PORTS) fail(-107, `${where}.ports has ${value.length} elements, at most 8 are allowed`);
  return value.map((port) => {
    if (typeof port !== "number") fail(-108, `${where}.ports has an element that is not an integer`);
    return toUint16(port);
  });
}

function readPolicy(value: Json | undefined): NlbPolicy {
  if (value === undefined) return "standard";
  if (typeof value !== "string" || !Object.hasOwn(NLB_POLICIES, value)) fail(-201, "Policy is not one that is known");
  return value as NlbPolicy;
}

function readTuning(root: JsonObject): Partial<NlbTuning> {
  const tuning: { -readonly [K in keyof NlbTuning]?: number } = {};
  const least = root.shaping_request_min;
  if (least !== undefined) tuning.shaping_request_min = readLeast(least);
  for (const [key, number, mayBeOne] of RATIO_CHECKS) {
    const text = root[key];
    if (text === undefined) continue;
    const base = tuning.success_ratio_base ?? Math.fround(NLB_DEFAULT_TUNING.success_ratio_base);
    const limit = key === "success_ratio_min" ? base : 1;
    const ratio = typeof text === "string" ? toRatio(text) : 0;
    if (ratio > RATIO_ABOVE && (ratio < limit || (mayBeOne && ratio === limit))) tuning[key] = ratio;
    else fail(number, `${key} is not a string with a ratio above 0.00001 and up to ${limit}`);
  }
  return tuning;
}

function readLeast(value: Json): number {
  if (typeof value === "number" && value >= 0 && value <= MAX_INT32) return value;
  return fail(-202, "shaping_request_min is not an integer of 0 or more");
}

/** As C `atof` and a store to a float: what is no number is 0, what follows one is ignored. */
function toRatio(text: string): number {
  const value = Math.fround(Number.parseFloat(text));
  return Number.isNaN(value) ? 0 : value;
}

function toUint16(value: number): number {
  return Number(BigInt.asUintN(16, BigInt(value)));
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fail(number: number, problem: string): never {
  throw new NlbServiceInvalid({ number, problem });
}
