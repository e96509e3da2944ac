import { describe, expect, it } from "vitest";
import { decodeQueueRecord, encodeMonitorName, encodeQueueRecord, setQueueRecordValue } from "./queue-record.js";

const record = { kind: "add", service: "A.B", attribute: "x", value: 1 } as const;

describe("queue records", () => {
  it("are reused with another value", () => {
    const bytes = encodeQueueRecord(record);
    setQueueRecordValue(bytes, 4294967295);
    expect(decodeQueueRecord(bytes)).toEqual({ ...record, value: 4294967295 });
    setQueueRecordValue(bytes, 2 ** 32 + 5);
    expect(decodeQueueRecord(bytes).value).toBe(5);
  });

  it("are read from the middle of a buffer", () => {
    const bytes = Uint8Array.from([9, 9, ...encodeQueueRecord(record), 9]);
    expect(decodeQueueRecord(bytes, 2, bytes.length - 1)).toEqual(record);
  });

  it("may have names of 127 bytes", () => {
    const long = { ...record, service: "s".repeat(127), attribute: "航".repeat(42) };
    expect(decodeQueueRecord(encodeQueueRecord(long))).toEqual(long);
  });

  it.each([
    ["", "it is empty"],
    ["s".repeat(128), "it has 128 bytes, at most 127 are allowed"],
    ["航".repeat(43), "it has 129 bytes, at most 127 are allowed"],
    ["a\u0003b", "it contains a control character"],
    ["a\u007f", "it contains a control character"],
  ])("refuse the name %j: %s", (name, rule) => {
    expect(() => encodeMonitorName(name, "attribute")).toThrow(`attribute is not a valid metric name: ${rule}`);
    expect(() => encodeQueueRecord({ ...record, service: name })).toThrow(
      expect.objectContaining({ reason: "PROTO_MONITOR_NAME_INVALID" }),
    );
  });
});
