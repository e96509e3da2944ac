import { decodeHopBatch, LogEventReader } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { collect, feed, fromHex, loadCases } from "./vectors.js";

interface EventCase {
  name: string;
  hex: string;
  want: { events: unknown[]; malformed: number; error?: string };
}

interface HopBatchCase {
  name: string;
  hex: string;
  want: { records?: unknown[]; error?: string };
}

describe.each([{ pieceBytes: 1 }, { pieceBytes: 5 }, { pieceBytes: 1 << 20 }])(
  "log events in pieces of $pieceBytes",
  ({ pieceBytes }) => {
    it.each(loadCases<EventCase>("./log/events.json"))("$name", ({ hex, want }) => {
      const reader = new LogEventReader();
      const { items, error } = feed(reader, fromHex(hex), pieceBytes);
      const events = items.map(({ headers, body }) => ({ headers: Object.fromEntries(headers), body }));
      expect({ events, malformed: reader.malformedCount, error }).toEqual({ ...want, error: want.error });
    });
  },
);

describe("batches of hop records", () => {
  it.each(loadCases<HopBatchCase>("./log/hop-batches.json"))("$name", ({ hex, want }) => {
    const { items } = feed(new LogEventReader(64 << 10), fromHex(hex), 7);
    const batches = items.map((item) => item.hops!);
    const result = collect(() => (batches.length > 0 ? decodeHopBatch(batches.pop()!) : undefined));
    expect({ records: result.items[0], error: result.error }).toEqual({ records: want.records, error: want.error });
  });
});
