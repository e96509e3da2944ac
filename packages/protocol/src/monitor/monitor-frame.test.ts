import { describe, expect, expectTypeOf, it } from "vitest";
import { ProtoWriter } from "../protobuf/writer.js";
import { type MonitorReport, ReqMonitor, ReqReport, RespMonitor, RespReport } from "./messages.js";
import { appendMonitorFrame, encodeMonitorFrame, monitorFrameLength } from "./monitor-frame.js";

describe("monitor frames", () => {
  it("answer a report as the original does", () => {
    expect(Buffer.from(encodeMonitorFrame(RespReport, { result: 0 })).toString("hex")).toBe("000000060800");
  });

  it("carry reports, numbers unpacked", () => {
    const report = { attrs: [{ servicename: "A.B", attrname: "x", values: [0, 300], begin_time: 60, end_time: 120 }] };
    const frame = encodeMonitorFrame(ReqReport, report);
    expect(Buffer.from(frame).toString("hex")).toBe("000000170a110a03412e421201781800" + "18ac02203c2878");
    expect(ReqReport.decode(frame, 4)).toEqual(report);
    expectTypeOf(ReqReport.decode(frame, 4)).toEqualTypeOf<MonitorReport>();
    expectTypeOf<NonNullable<MonitorReport["attrs"][number]["values"]>>().toEqualTypeOf<number[]>();
  });

  it("carry queries and answers of every kind", () => {
    const query = {
      ipattr: { ip: "127.0.0.1", attrs: [{ servicename: "A.B", attrnames: ["x", "y"] }], days: [20261122] },
    };
    expect(ReqMonitor.decode(encodeMonitorFrame(ReqMonitor, query), 4)).toEqual(query);
    expect(ReqMonitor.decode(encodeMonitorFrame(ReqMonitor, { treelist: {} }), 4)).toEqual({ treelist: {} });
    const answer = {
      result: 0,
      service: { attrnames: ["x"], ips: [], alarmattrs: [{ attrname: "x", max: 4294967295 }] },
    };
    expect(RespMonitor.decode(encodeMonitorFrame(RespMonitor, answer), 4)).toEqual(answer);
  });

  it("leave the writer as it was when a message is refused", () => {
    const writer = new ProtoWriter().byte(1);
    expect(() => appendMonitorFrame(writer, RespReport, { result: -1 })).toThrow(
      "field msec.monitor.RespReport.result must be",
    );
    expect(writer.length).toBe(1);
  });

  it("may be longer than the original allows, when the reader says so", () => {
    const prefix = Uint8Array.of(0, 0x30, 0, 0);
    expect(monitorFrameLength(prefix, 0, 4, 1 << 24)).toBe(0);
    expect(() => monitorFrameLength(prefix, 0, 4)).toThrow(
      "a monitor frame announces 3145728 bytes, allowed are up to 2097152",
    );
  });
});
