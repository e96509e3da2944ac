import { LogEventReader } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { feed, fromHex, loadCases } from "./vectors.js";

interface EventCase {
  name: string;
  hex: string;
  want: { events: unknown[]; malformed: number; error?: string };
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
