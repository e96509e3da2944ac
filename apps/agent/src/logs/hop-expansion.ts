/**
 * Makes log records of the hop records in a batch: those that docs/reference/metrics.md, "Hop records", lists. They are made as JSON
 * text at once, since that is what the spool takes and a busy machine has many of them.
 */
import { decodeHopBatch, type HopCallRecord, type HopRecord } from "@msec/protocol";
import type { HopThinning } from "./hop-thinning.js";

/** The console takes header values up to 8192 characters; the list is quoted once more inside its record. */
const MAX_CALLS_CHARS = 8_000;
const MAX_QUOTED = 10_000;

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

export class HopExpansion {
  readonly #machine: string;
  readonly #thinning: HopThinning | undefined;
  readonly #quoted = new Map<string, string>();
  #last: HopRecord | undefined;
  /** Those fields of `#last` that requests of one connection share. */
  #shared = "";

  /** @param machineAddress added as header `IP` */
  constructor(machineAddress: string, thinning?: HopThinning) {
    this.#thinning = thinning;
    this.#machine = `,"IP":${JSON.stringify(machineAddress)}},"body":"hop"}`;
  }

  /** Gives the JSON of a `LogEvent` for each record that is kept. @throws PROTO_HOP_BATCH_INVALID before any is given */
  expand(batch: Uint8Array, onEvent: (json: string) => void): void {
    const hops = decodeHopBatch(batch);
    for (const hop of this.#thinning?.select(hops) ?? hops) onEvent(this.#event(hop));
  }

  #event(hop: HopRecord): string {
    const endMs = Math.round((hop.startedAtUs + hop.costUs) / 1_000);
    const reason = hop.reason === "" ? '""' : this.#quote(hop.reason);
    const calls = hop.calls.length === 0 ? '"[]"' : JSON.stringify(this.#calls(hop.calls));
    return (
      `{"atMs":${endMs},"headers":{"Kind":"hop","ReqID":"${decimalText(hop.flowIdHigh, hop.flowIdLow)}"${this.#common(hop)}` +
      `,"Coloring":"${hop.coloring ? 1 : 0}","InsTime":"${endMs}","SpanID":"${spanText(hop.spanIdHigh, hop.spanIdLow)}"` +
      `,"ParentSpanID":"${spanText(hop.parentSpanIdHigh, hop.parentSpanIdLow)}","Attempt":"${hop.attempt}"` +
      `,"Priority":"${hop.priority}","StartMs":"${Math.round(hop.startedAtUs / 1_000)}","CostUs":"${hop.costUs}","QueueUs":"${hop.queueUs}"` +
      `,"Err":"${hop.err}","Reason":${reason},"Protocol":"${hop.protocol}","Calls":${calls},"Level":"INFO"${this.#machine}`
    );
  }

  #common(hop: HopRecord): string {
    const last = this.#last;
    if (
      last?.clientAddress === hop.clientAddress &&
      last.method === hop.method &&
      last.caller === hop.caller &&
      last.serverAddress === hop.serverAddress &&
      last.service === hop.service
    )
      return this.#shared;
    this.#last = hop;
    this.#shared =
      `,"ClientIP":${this.#quote(ipOf(hop.clientAddress))},"ServerIP":${this.#quote(ipOf(hop.serverAddress))}` +
      `,"RPCName":${this.#quote(hop.method)},"Caller":${this.#quote(hop.caller)},"ServiceName":${this.#quote(hop.service)}` +
      `,"Address":${this.#quote(hop.serverAddress)}`;
    return this.#shared;
  }

  #calls(calls: readonly HopCallRecord[]): string {
    let text = "[";
    for (const call of calls) {
      const item =
        `{"t":${this.#quote(call.target)},"m":${this.#quote(call.method)},"a":${this.#quote(call.address)},"n":${call.attempt}` +
        `,"s":${Math.round(call.startedAtUs / 1_000)},"c":${call.costUs},"e":${call.err},"r":${this.#quote(call.reason)}` +
        `,"i":"${spanText(call.spanIdHigh, call.spanIdLow)}"${text.length > MAX_CALLS_CHARS / 2 ? "" : choiceItem(call)}}`;
      if (text.length + item.length > MAX_CALLS_CHARS) break;
      text += text === "[" ? item : `,${item}`;
    }
    return `${text}]`;
  }

  /** As JSON. Few texts make up nearly all records. */
  #quote(text: string): string {
    const known = this.#quoted.get(text);
    if (known !== undefined) return known;
    if (this.#quoted.size >= MAX_QUOTED) this.#quoted.clear();
    const quoted = JSON.stringify(text);
    this.#quoted.set(text, quoted);
    return quoted;
  }
}

/** Only while half of the room is left: later calls matter more. */
function choiceItem({ choice }: HopCallRecord): string {
  return choice === undefined ? "" : `,"w":${JSON.stringify(choice)}`;
}

function hex8(value: number): string {
  return HEX[value >>> 24]! + HEX[(value >>> 16) & 255]! + HEX[(value >>> 8) & 255]! + HEX[value & 255]!;
}

/** 16 hexadecimal digits; "" for 0, which means "none". */
function spanText(high: number, low: number): string {
  return high === 0 && low === 0 ? "" : hex8(high) + hex8(low);
}

const BILLION = 1_000_000_000;

/** Unsigned decimal of a 64-bit number, by long division with 16-bit digits: a quarter of what a bigint costs. */
export function decimalText(high: number, low: number): string {
  if (high < 0x20_0000) return String(high * 0x1_0000_0000 + low);
  const upper = Math.floor(high / BILLION);
  const first = (high - upper * BILLION) * 0x1_0000 + (low >>> 16);
  const middle = Math.floor(first / BILLION);
  const second = (first - middle * BILLION) * 0x1_0000 + (low & 0xffff);
  const lower = Math.floor(second / BILLION);
  const rest = second - lower * BILLION;
  return String(upper * 0x1_0000_0000 + middle * 0x1_0000 + lower) + String(rest).padStart(9, "0");
}

/** `ip` of `ip:port`. */
function ipOf(address: string): string {
  const colon = address.lastIndexOf(":");
  return colon < 0 ? address : address.slice(0, colon);
}
