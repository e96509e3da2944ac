import { generateKeyPairSync } from "node:crypto";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import type { OrderAction } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentFixture, until } from "../testing/agent-fixture.js";

const stop: OrderAction = { op: "service.stop", service: "Test.nothing" };
const minuteMs = 60_000;

describe("orders over the link", () => {
  let fixture: AgentFixture;
  beforeEach(async () => {
    fixture = await AgentFixture.make();
    await fixture.start({ joinToken: fixture.console.makeToken() });
  });
  afterEach(() => fixture.close());

  const journalPath = () => `${fixture.home}/agent/orders.jsonl`;
  const reopened = async () => {
    await fixture.stopAgent();
    return () => fixture.start();
  };

  it("carries a good order out once, and refuses it ever after, restarts included", async () => {
    const { console } = fixture;
    const order = console.makeOrder(stop);
    const signed = console.sign(JSON.stringify(order));
    await console.give(signed);
    expect(await console.resultOf(order.orderId)).toMatchObject({ ok: true, text: "Test.nothing is stopped" });
    await expect(console.give(signed)).rejects.toMatchObject({ reason: "EXEC_ORDER_REPLAYED" });
    await (await reopened())();
    await expect(console.give(signed)).rejects.toMatchObject({ reason: "EXEC_ORDER_REPLAYED" });
    expect(console.results.filter((each) => each.orderId === order.orderId)).toHaveLength(1);
  });

  it.each([
    { name: "of another agent", change: { agentId: "agent-77" }, reason: "EXEC_OTHER_AGENT" },
    {
      name: "expired",
      change: { issuedAtMs: Date.now() - 2 * minuteMs, expiresAtMs: Date.now() - minuteMs },
      reason: "EXEC_ORDER_EXPIRED",
    },
    {
      name: "from the future",
      change: { issuedAtMs: Date.now() + 10 * minuteMs, expiresAtMs: Date.now() + 11 * minuteMs },
      reason: "EXEC_ORDER_FROM_FUTURE",
    },
    {
      name: "that lives for two days",
      change: { expiresAtMs: Date.now() + 2 * 86_400_000 },
      reason: "EXEC_ORDER_MALFORMED",
    },
  ])("refuses an order $name", async ({ change, reason }) => {
    const { console } = fixture;
    const order = console.makeOrder(stop, change);
    await expect(console.give(console.sign(JSON.stringify(order)))).rejects.toMatchObject({ reason });
    expect(readFileSync(journalPath(), "utf8")).not.toContain(order.orderId.concat('","agentId"'));
  });

  it("refuses what the console's order key did not sign, and what was changed afterwards", async () => {
    const { console } = fixture;
    const payload = JSON.stringify(console.makeOrder(stop));
    const { privateKey } = generateKeyPairSync("ed25519");
    const wrong = { reason: "EXEC_SIGNATURE_INVALID" };
    await expect(console.give(console.sign(payload, privateKey))).rejects.toMatchObject(wrong);
    const { signature } = console.sign(payload);
    await expect(console.give({ payload: payload.replace("nothing", "another"), signature })).rejects.toMatchObject(
      wrong,
    );
    await expect(console.give({ payload, signature: "" })).rejects.toMatchObject(wrong);
    await expect(console.give(console.sign("{}"))).rejects.toMatchObject({ reason: "EXEC_ORDER_MALFORMED" });
    const shell = JSON.stringify({ ...console.makeOrder(stop), action: { op: "shell", service: "Test.x" } });
    await expect(console.give(console.sign(shell))).rejects.toMatchObject({ reason: "EXEC_ORDER_MALFORMED" });
  });

  it("goes by the console's clock when it differs a little, and refuses all when it differs much", async () => {
    const { console } = fixture;
    const restart = await reopened();
    console.timeOffsetMs = -3 * minuteMs;
    await restart();
    expect(await console.carryOut(stop)).toMatchObject({ ok: true });
    const reopen = await reopened();
    console.timeOffsetMs = -10 * minuteMs;
    await reopen();
    const signed = console.sign(JSON.stringify(console.makeOrder(stop)));
    await expect(console.give(signed)).rejects.toMatchObject({ reason: "EXEC_CLOCK_SKEWED" });
  });

  it("keeps a result for a console that is away", async () => {
    const { console } = fixture;
    const service = "Test.nothing";
    const blob = { sha256: "0".repeat(64), sizeBytes: 5, tag: "t" };
    const install: OrderAction = { op: "release.install", service, releaseId: "r-1", plugin: blob, config: blob };
    const order = console.makeOrder(install);
    const given = console.give(console.sign(JSON.stringify(order)));
    await given;
    await console.goAway();
    console.results.length = 0;
    await fixture.stopAgent();
    await console.comeBack();
    await fixture.start();
    const result = await console.resultOf(order.orderId);
    expect(result.ok).toBe(false);
    expect(["TEST_NO_BLOB", "EXEC_INTERRUPTED"]).toContain(result.reason);
  });

  it("reports an order as interrupted that an earlier life did not finish, and survives a torn last line", async () => {
    const { console } = fixture;
    await console.carryOut(stop);
    const restart = await reopened();
    const lines = readFileSync(journalPath(), "utf8").split("\n");
    const accepted = lines.findIndex((line) => line.includes('"kind":"accepted"'));
    writeFileSync(journalPath(), `${lines.slice(0, accepted + 1).join("\n")}\n{"seq":3,"pre`);
    console.results.length = 0;
    await restart();
    await until(() => console.results.length === 1, "the result arrives");
    expect(console.results[0]).toMatchObject({ ok: false, reason: "EXEC_INTERRUPTED" });
    expect(console.results[0]?.text).toContain("no release is active");
    expect(await console.carryOut(stop)).toMatchObject({ ok: true });
  });

  it("refuses orders when the journal was changed, and goes on with everything else", async () => {
    const { console } = fixture;
    await console.carryOut(stop);
    const restart = await reopened();
    const text = readFileSync(journalPath(), "utf8");
    writeFileSync(journalPath(), text.replace("Test.nothing", "Test.others"));
    appendFileSync(journalPath(), "\n");
    await restart();
    const signed = console.sign(JSON.stringify(console.makeOrder(stop)));
    await expect(console.give(signed)).rejects.toMatchObject({ reason: "EXEC_JOURNAL_BROKEN" });
    expect(await console.applyNames({ revision: 3, confirmedEmpty: true })).toBe(3);
  });
});
