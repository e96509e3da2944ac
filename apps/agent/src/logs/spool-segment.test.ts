import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countSpoolRecords, encodeSpoolRecord, readSpoolRecord } from "./spool-segment.js";

describe("spool records", () => {
  it("are read back as written, one after the other", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", minLength: 1 }), { maxLength: 8 }), (texts) => {
        const bytes = Buffer.concat(texts.map(encodeSpoolRecord));
        const read: string[] = [];
        for (let at = 0; ; ) {
          const record = readSpoolRecord(bytes, at);
          if (record.kind !== "record") break;
          read.push(record.json);
          at = record.nextOffset;
        }
        expect(read).toEqual(texts);
        expect(countSpoolRecords(bytes)).toBe(texts.length);
      }),
    );
  });

  const whole = encodeSpoolRecord('{"a":1}');
  it.each([
    { name: "nothing", bytes: Buffer.alloc(0), kind: "short" },
    { name: "half a head", bytes: whole.subarray(0, 7), kind: "short" },
    { name: "a torn body", bytes: whole.subarray(0, whole.length - 1), kind: "short" },
    { name: "zeros after a power cut", bytes: Buffer.alloc(64), kind: "damaged" },
    { name: "a huge length", bytes: Buffer.alloc(64, 0xff), kind: "damaged" },
    { name: "a changed byte", bytes: Buffer.from(whole).fill(0x41, 9, 10), kind: "damaged" },
  ])("$name is $kind", ({ bytes, kind }) => {
    expect(readSpoolRecord(bytes, 0).kind).toBe(kind);
  });
});
