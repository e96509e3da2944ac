import type { CallContext } from "@msec/rpc";
import { type ColorRule, LogEmitter, LogFilter, type LogRecord } from "@msec/telemetry";
import { describe, expect, it } from "vitest";
import { ContextLog } from "./service-log.js";

function createLog(rules: readonly ColorRule[] = [], context?: object): { log: ContextLog; records: LogRecord[] } {
  const records: LogRecord[] = [];
  const emitter = new LogEmitter({ address: () => undefined });
  const onRecord = (record: LogRecord): void => void records.push(record);
  const sink = { service: "Test.echo", emitter, filter: new LogFilter("ERROR", rules), onRecord };
  return { log: new ContextLog(sink, context as CallContext | undefined), records };
}

const context = {
  ...{ service: "Test.echo", method: "a.B.C", caller: "Web.front", requestId: "7", coloring: false },
  ...{ peer: "127.0.0.1:5000", serverAddress: "127.0.0.2:80" },
};

describe("ContextLog", () => {
  it("makes nothing of a record that is not wanted, whatever comes with it", () => {
    let asked = 0;
    const counted = {
      ...context,
      get requestId(): string {
        asked += 1;
        return "7";
      },
    };
    const { log, records } = createLog([{ field: "uin", value: "42" }], counted);
    log.setField("place", "deep");
    log.info("text", { uin: 41, big: 1n });
    expect(log.isWritable("INFO")).toBe(false);
    expect([asked, records.length]).toEqual([0, 0]);
    log.error("text");
    log.error("text");
    expect([asked, records.length]).toEqual([1, 2]);
  });

  it.each([
    { name: "a field of the record", rule: { field: "uin", value: "42" }, fields: { uin: 42 }, isKept: true },
    { name: "part of a value", rule: { field: "uin", value: "42" }, fields: { uin: "420" }, isKept: false },
    { name: "a name in another case", rule: { field: "uin", value: "42" }, fields: { Uin: "42" }, isKept: false },
    { name: "another value", rule: { field: "uin", value: "42" }, fields: { uin: 4 }, isKept: false },
    { name: "a field of the request", rule: { field: "RPCName", value: "a.B.C" }, fields: undefined, isKept: true },
    { name: "its caller", rule: { field: "ClientIP", value: "127.0.0.1" }, fields: undefined, isKept: true },
    { name: "colour given by hand", rule: undefined, fields: { Coloring: 1 }, isKept: true },
    { name: "a name of each object", rule: { field: "constructor", value: "x" }, fields: {}, isKept: false },
  ])("keeps a low record for $name: $isKept", ({ rule, fields, isKept }) => {
    const { log, records } = createLog(rule ? [rule] : [], context);
    log.debug("text", fields);
    expect(records).toHaveLength(isKept ? 1 : 0);
  });

  it("says the same of all records of a request, but for what changes", () => {
    const request = { ...context };
    const { log, records } = createLog([], request);
    log.error("one", { RPCName: "own" });
    request.coloring = true;
    log.setField("uin", 42);
    log.debug("two");
    expect(records.map(({ headers }) => headers)).toMatchObject([
      { ReqID: "7", RPCName: "own", Coloring: "0", ClientIP: "127.0.0.1", Level: "ERROR" },
      { ReqID: "7", RPCName: "a.B.C", Coloring: "1", uin: "42", ServerIP: "127.0.0.2", Level: "DEBUG" },
    ]);
    expect(records[0]!.headers.uin).toBeUndefined();
  });

  it("writes a record whatever it is made of", () => {
    const { log, records } = createLog();
    const unprintable = Object.create(null) as string;
    log.setField("kept", unprintable);
    log.error(unprintable, { value: unprintable, n: 1n });
    expect(records).toMatchObject([{ body: "(no text)", headers: { kept: "(no text)", value: "(no text)", n: "1" } }]);
  });

  it("fills the fields of a request outside of one too", () => {
    const { log, records } = createLog();
    log.fatal("alone");
    expect(records[0]!.headers).toMatchObject({ ReqID: "0", Caller: "0", ServiceName: "Test.echo", Coloring: "0" });
  });
});
