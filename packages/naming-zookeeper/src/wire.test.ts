import { isAppError } from "@msec/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JuteReader, JuteWriter } from "./jute.js";
import { connectFrame, NO_SESSION, readConnectAnswer, readEvent, readStat, requestFrame, writeAccess } from "./wire.js";

describe("requests", () => {
  it("ask for a session as a client of 3.4 does", () => {
    const frame = connectFrame({ lastZxid: 5n, timeoutMs: 30_000, session: NO_SESSION });
    expect(frame.toString("hex")).toBe(
      `0000002d00000000${"0000000000000005"}00007530${"00".repeat(8)}00000010${"00".repeat(16)}00`,
    );
  });

  it("carry number, operation and body behind their length", () => {
    const frame = requestFrame(7, "read", (writer) => writer.text("/a").bool(true));
    expect(frame.toString("hex")).toBe("0000000f0000000700000004000000022f6101");
  });

  it("name who may do what", () => {
    const everybody = new JuteWriter();
    writeAccess(everybody, "open");
    const all = new JuteReader(everybody.frame().subarray(4));
    expect([all.int(), all.int(), all.text(), all.text()]).toEqual([1, 31, "world", "anyone"]);
    const writer = new JuteWriter();
    writeAccess(writer, "ours");
    const reader = new JuteReader(writer.frame().subarray(4));
    const entries = [
      reader.int(),
      reader.int(),
      reader.text(),
      reader.text(),
      reader.int(),
      reader.text(),
      reader.text(),
    ];
    expect(entries).toEqual([2, 31, "auth", "", 1, "world", "anyone"]);
  });

  it("grow with what they hold", () => {
    const long = "x".repeat(100_000);
    const reader = new JuteReader(new JuteWriter().text(long).long(-1n).bytes(undefined).frame().subarray(4));
    expect([reader.text(), reader.long(), reader.bytes().length]).toEqual([long, -1n, 0]);
  });
});

describe("answers", () => {
  it("never throw anything but an AppError on arbitrary bytes", () => {
    const readers = [
      readConnectAnswer,
      (bytes: Buffer) => readEvent(new JuteReader(bytes)),
      (bytes: Buffer) => readStat(new JuteReader(bytes)),
      (bytes: Buffer) => new JuteReader(bytes).texts(),
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 96 }), (input) => {
        const problems = readers.map((read) => {
          try {
            read(Buffer.from(input));
            return undefined;
          } catch (error) {
            return error;
          }
        });
        expect(problems.every((problem) => problem === undefined || isAppError(problem))).toBe(true);
      }),
    );
  });

  it("of kinds that nobody knows are no event", () => {
    expect(readEvent(new JuteReader(new JuteWriter().int(99).int(3).text("/a").frame().subarray(4)))).toBeUndefined();
  });
});
