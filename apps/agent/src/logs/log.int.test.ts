import { readdirSync, statSync, truncateSync } from "node:fs";
import { connect } from "node:net";
import { systemClock } from "@msec/core";
import { encodeLogEvent, HopBatchWriter } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentFixture, until } from "../testing/agent-fixture.js";

const HOP = {
  ...{ flowIdHigh: 0, flowIdLow: 7, spanIdHigh: 0, spanIdLow: 1, parentSpanIdHigh: 0, parentSpanIdLow: 0 },
  ...{
    service: "A.b",
    method: "m",
    caller: "C.d",
    protocol: "srpc",
    coloring: false,
    attempt: 0,
    err: 0,
    reason: "",
  },
  ...{
    clientAddress: "127.0.0.1:1",
    serverAddress: "127.0.0.1:2",
    startedMs: systemClock.monotonicMs(),
    costMs: 2,
  },
  calls: [],
};

describe("logs from the port to the console", () => {
  let fixture: AgentFixture;
  beforeEach(async () => {
    fixture = await AgentFixture.make();
    await fixture.start({ joinToken: fixture.console.makeToken() });
  });
  afterEach(() => fixture.close());

  const send = (bytes: Uint8Array, port = fixture.agent?.logPort ?? 0) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.once("error", reject);
      socket.once("close", () => resolve());
      socket.resume();
      socket.end(bytes);
    });
  const frames = (bodies: readonly string[]) =>
    Buffer.concat(bodies.map((body) => encodeLogEvent({ Level: "INFO", ReqID: "7", InsTime: "1700000000000" }, body)));
  const received = () => fixture.console.logBatches.flatMap((batch) => batch.events.map((event) => event.body));
  const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `line ${from + index}`);
  const segments = () => readdirSync(`${fixture.home}/agent/logs`).filter((name) => name.endsWith(".spool"));

  it("delivers records with the machine's address, in order, in bounded batches", async () => {
    await send(frames(numbered(1_200)));
    await until(() => received().length === 1_200, "all records arrive");
    expect(received()).toEqual(numbered(1_200));
    expect(fixture.console.logBatches[0]?.events[0]).toEqual({
      atMs: 1_700_000_000_000,
      headers: { Level: "INFO", ReqID: "7", InsTime: "1700000000000", IP: "127.0.0.1" },
      body: "line 0",
    });
    expect(Math.max(...fixture.console.logBatches.map((batch) => batch.events.length))).toBeLessThanOrEqual(500);
  });

  it("keeps records while the console is away and over a restart, and delivers each once", async () => {
    await fixture.console.goAway();
    await until(() => fixture.agent?.isConnected === false, "the link is lost");
    await send(frames(numbered(10)));
    await until(() => segments().length === 1, "they are on disk");
    await fixture.stopAgent();
    await fixture.startAlone();
    await send(frames(numbered(10, 10)));
    await fixture.console.comeBack();
    await until(() => received().length >= 20, "all records arrive");
    expect(received()).toEqual(numbered(20));
  });

  it("loses only the record that a kill tore, and goes on behind it", async () => {
    await fixture.console.goAway();
    await until(() => fixture.agent?.isConnected === false, "the link is lost");
    await send(frames(numbered(5)));
    await until(() => segments().length === 1, "they are on disk");
    await fixture.stopAgent();
    const path = `${fixture.home}/agent/logs/${segments()[0]}`;
    truncateSync(path, statSync(path).size - 3);
    await fixture.startAlone();
    await send(frames(["next"]));
    await until(() => segments().length === 2, "the next is on disk");
    await fixture.console.comeBack();
    await until(() => received().includes("next"), "the rest arrives");
    expect(received()).toEqual([...numbered(4), "next"]);
    await until(() => segments().length === 1, "the finished segment is deleted");
  });

  it("sends exactly the same batch again when it does not know whether it arrived", async () => {
    let failures = 1;
    const seen: number[] = [];
    fixture.console.onLogs = () => {
      if (failures-- > 0) throw new Error("lost after it was stored");
    };
    await send(frames(["a", "b"]));
    await send(frames(["c"]));
    await until(() => received().length === 3, "all records arrive");
    seen.push(...fixture.console.logBatches.map((batch) => batch.batchId));
    expect(received()).toEqual(["a", "b", "c"]);
    expect(seen).toEqual(seen.map((_, index) => (seen[0] ?? 0) + index));
  });

  it("drops the oldest segment when the spool is full, counts it, and goes on", async () => {
    await fixture.stopAgent();
    await fixture.start({ logSegmentBytes: 1 << 16, logSpoolMaxBytes: 1 << 20 });
    await fixture.console.goAway();
    await until(() => fixture.agent?.isConnected === false, "the link is lost");
    const body = "x".repeat(5_000);
    for (let round = 0; round < 4; round += 1) await send(frames(Array(100).fill(body)));
    await fixture.console.comeBack();
    await until(() => fixture.console.heartbeats.some((beat) => beat.droppedLogs > 0), "the loss is told");
    const dropped = () => fixture.console.heartbeats.at(-1)?.droppedLogs ?? 0;
    await until(() => received().length + dropped() === 400, "the rest arrives");
    expect(dropped()).toBeGreaterThan(100);
  });

  it("ends a connection with a wrong length and passes over records it can't decode", async () => {
    const undecodable = Buffer.from([3, 0, 0, 0, 0xff, 0xff, 0xff]);
    await send(Buffer.concat([undecodable, frames(["good"])]));
    await until(() => received().includes("good"), "the good record arrives");
    await send(Buffer.concat([frames(["before"]), Buffer.from([255, 255, 255, 127, 1])]));
    await send(frames(["after"]));
    await until(() => received().includes("after"), "others go on");
    expect(received()).toEqual(["good", "before", "after"]);
  });

  it("makes records of batches of hop records, and refuses a damaged batch alone", async () => {
    const writer = new HopBatchWriter(systemClock);
    for (let n = 0; n < 600; n++) writer.append({ ...HOP, spanIdLow: n + 1 });
    const batch = writer.seal();
    const damaged = batch.slice();
    damaged[10] = 0;
    await send(Buffer.concat([damaged, batch, frames(["line"])]));
    await until(() => received().length === 601, "all records arrive");
    expect(received().at(-1)).toBe("line");
    const events = fixture.console.logBatches.flatMap((each) => each.events);
    expect(events[599]!.headers).toMatchObject({
      Kind: "hop",
      ReqID: "7",
      SpanID: "0000000000000258",
      IP: "127.0.0.1",
    });
    expect(Math.abs(events[0]!.atMs - Date.now())).toBeLessThan(60_000);
  });

  it("takes no more hop records than it is told to, and reports the rest", async () => {
    await fixture.stopAgent();
    await fixture.start({ hopRecordsPerSec: 10 });
    const writer = new HopBatchWriter(systemClock);
    for (let n = 0; n < 500; n++) writer.append({ ...HOP, flowIdLow: n });
    await send(Buffer.concat([writer.seal(), frames(["line"])]));
    await until(() => received().includes("line"), "the log gets through");
    expect(received()).toHaveLength(21);
    const points = () => fixture.console.metrics.flatMap((batch) => batch.points);
    await until(() => points().some((point) => point.attribute === "sys.hop_records_thinned"), "it is reported");
    expect(points().find((point) => point.attribute === "sys.hop_records_thinned")?.value).toBe(480);
  });
});
