import {
  decodeQueueRecord,
  encodeQueueRecord,
  monitorFrameLength,
  monitorMessages,
  type QueueRecord,
} from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { collect, fromHex, loadCases, toHex } from "./vectors.js";

interface RecordCase {
  name: string;
  hex: string;
  want: { record?: QueueRecord; error?: string };
}
interface StreamCase {
  name: string;
  hex: string;
  want: { lengths: number[]; report?: unknown; error?: string };
}

describe("monitor queue records", () => {
  const cases = loadCases<RecordCase>("./monitor/queue-records.json");

  it.each(cases)("$name", ({ hex, want }) => {
    const once = [fromHex(hex)];
    const { items, error } = collect(() => {
      const bytes = once.pop();
      return bytes && decodeQueueRecord(bytes);
    });
    expect({ record: items[0], error }).toEqual({ record: want.record, error: want.error });
  });

  it.each(cases.filter(({ want }) => want.record))("encodes: $name", ({ hex, want }) => {
    expect(toHex(encodeQueueRecord(want.record as QueueRecord))).toBe(hex);
  });
});

describe("monitor frames", () => {
  const cases = loadCases<StreamCase>("./monitor/frames.json");

  it.each(cases)("$name", ({ hex, want }) => {
    const bytes = fromHex(hex);
    let pos = 0;
    const { items, error } = collect(() => {
      const length = monitorFrameLength(bytes, pos, bytes.length);
      pos += length;
      return length || undefined;
    });
    expect({ lengths: items, error }).toEqual({ lengths: want.lengths, error: want.error });
  });

  it.each(cases.filter(({ want }) => want.report))("as a report: $name", ({ hex, want }) => {
    const bytes = fromHex(hex);
    expect(monitorMessages.ReqReport.decode(bytes, 4, bytes.length)).toEqual(want.report);
  });
});
