import { decodeQueueRecord } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { MetricEmitter, type MetricEmitterOptions, type RecordSink } from "./metric-emitter.js";

/** A ring with room for `room` records. */
class ListSink implements RecordSink {
  readonly records: string[] = [];
  room = Number.POSITIVE_INFINITY;

  put(record: Uint8Array): boolean {
    if (this.records.length >= this.room) return false;
    const { kind, service, attribute, value } = decodeQueueRecord(record);
    this.records.push(`${kind} ${service} ${attribute} ${value}`);
    return true;
  }
}

function create(options: Partial<MetricEmitterOptions> = {}): { emitter: MetricEmitter; sink: ListSink } {
  const sink = new ListSink();
  return { sink, emitter: new MetricEmitter({ service: "Test.echo", openSink: () => sink, ...options }) };
}

describe("MetricEmitter", () => {
  it("sums up adds and keeps the last set until the flush", () => {
    const { emitter, sink } = create();
    emitter.add("a");
    emitter.add("a", 41);
    emitter.counter("a").add();
    emitter.set("level", 7);
    emitter.set("level", 0);
    expect(sink.records).toEqual([]);
    emitter.flush();
    expect(sink.records).toEqual(["add Test.echo a 43", "set Test.echo level 0"]);
    emitter.flush();
    expect(sink.records).toHaveLength(2);
  });

  it("splits a sum that does not fit into 32 bits", () => {
    const { emitter, sink } = create();
    emitter.add("a", 2 ** 32 + 5);
    emitter.flush();
    expect(sink.records).toEqual([`add Test.echo a ${2 ** 32 - 1}`, "add Test.echo a 6"]);
  });

  it.each([0, -1, Number.NaN])("ignores add(%d) and set of negative or absent numbers", (value) => {
    const { emitter, sink } = create();
    emitter.add("a", value);
    emitter.set("b", value - 1);
    emitter.flush();
    expect(sink.records).toEqual([]);
  });

  it("tries again what found no room, and counts it", () => {
    const { emitter, sink } = create();
    sink.room = 1;
    emitter.add("a");
    emitter.add("b");
    emitter.add("c");
    emitter.flush();
    emitter.add("b");
    expect(emitter.counts.ringFull).toBe(1);
    sink.room = 10;
    emitter.flush();
    expect(sink.records).toEqual(["add Test.echo a 1", "add Test.echo b 2", "add Test.echo c 1"]);
  });

  it("keeps counts while there is no ring, but not for ever", () => {
    let nowMs = 0;
    const sink = new ListSink();
    let ring: RecordSink | undefined;
    const { emitter } = create({ openSink: () => ring, nowMs: () => nowMs, maxHoldMs: 3_000 });
    emitter.add("early");
    for (nowMs = 1_000; nowMs <= 4_000; nowMs += 1_000) {
      if (nowMs === 3_000) emitter.add("late");
      emitter.flush();
    }
    ring = sink;
    emitter.flush();
    expect(sink.records).toEqual(["add Test.echo late 1"]);
    expect(emitter.counts).toMatchObject({ ringAbsent: 4, recordsDropped: 1 });
  });

  it("survives a ring that can't be opened", () => {
    const { emitter } = create({
      openSink: () => {
        throw new Error("no such file");
      },
    });
    emitter.add("a");
    emitter.flush();
    expect(emitter.counts.ringAbsent).toBe(1);
  });

  it("counts bad names instead of throwing, and new names above the limit", () => {
    const { emitter, sink } = create({ maxAttributes: 1 });
    for (const name of ["", "tab\there", "x".repeat(128)]) emitter.add(name);
    emitter.add("ü".repeat(63));
    emitter.add("one too many");
    emitter.counter("another").add();
    emitter.set("gauge", 1);
    emitter.flush();
    expect(emitter.counts).toMatchObject({ namesInvalid: 3, attributesRefused: 3 });
    expect(sink.records).toEqual([`add Test.echo ${"ü".repeat(63)} 1`]);
  });
});
