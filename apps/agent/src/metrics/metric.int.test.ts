import { homePaths } from "@msec/core";
import { encodeQueueRecord } from "@msec/protocol";
import { openMonitorRing } from "@msec/shm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentFixture, until } from "../testing/agent-fixture.js";

describe("metrics from the ring to the console", () => {
  let fixture: AgentFixture;
  beforeEach(async () => {
    fixture = await AgentFixture.make();
    await fixture.start({ joinToken: fixture.console.makeToken() });
  });
  afterEach(() => fixture.close());

  const points = () => fixture.console.metrics.flatMap((batch) => batch.points);
  const sum = (attribute: string) =>
    points().reduce((total, point) => total + (point.attribute === attribute ? point.value : 0), 0);
  const put = (attribute: string, value: number, times: number) => {
    const ring = openMonitorRing(homePaths(fixture.home).monitorRing);
    const record = encodeQueueRecord({ kind: "add", service: "Test.one", attribute, value });
    for (let count = 0; count < times; count += 1) expect(ring.put(record)).toBe(true);
  };

  it("adds up what processes put into the ring, and adds the machine's own load", async () => {
    put("frm.rpc requests", 2, 300);
    await until(() => sum("frm.rpc requests") === 600, "the sum arrives");
    const own = points().filter((point) => point.attribute === "frm.rpc requests");
    expect(own.length).toBeLessThanOrEqual(3);
    expect(own[0]).toMatchObject({ service: "Test.one", kind: "add" });
    await until(() => points().some((point) => point.attribute === "sys.mem_free_mb"), "the load arrives");
    const load = points().find((point) => point.attribute === "sys.mem_free_mb");
    expect(load).toMatchObject({ service: "RESERVED.monitor", kind: "set" });
    expect(load?.value).toBeGreaterThan(0);
  });

  it("keeps points while the console is away; ids of batches grow over restarts", async () => {
    put("early", 1, 5);
    await until(() => sum("early") === 5, "the first arrive");
    await fixture.console.goAway();
    await until(() => fixture.agent?.isConnected === false, "the link is lost");
    put("late", 1, 7);
    await fixture.console.comeBack();
    await until(() => sum("late") === 7, "the others arrive");
    await fixture.stopAgent();
    await fixture.start();
    put("later", 1, 1);
    await until(() => sum("later") === 1, "so do those of the next life");
    const ids = fixture.console.metrics.map((batch) => batch.batchId);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
  });
});
