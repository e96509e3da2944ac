import { readFileSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentFixture, until } from "../testing/agent-fixture.js";

describe("joining and staying connected", () => {
  let fixture: AgentFixture;
  beforeEach(async () => {
    fixture = await AgentFixture.make();
  });
  afterEach(() => fixture.close());

  it("joins once, comes back without a token, and keeps its key private", async () => {
    const joinToken = fixture.console.makeToken();
    const first = await fixture.start({ joinToken });
    const info = JSON.parse(readFileSync(`${fixture.home}/agent/agent.json`, "utf8"));
    expect(info).toEqual({
      agentId: "agent-1",
      address: "127.0.0.1",
      logAddress: `127.0.0.1:${first.logPort}`,
      pid: process.pid,
      startTicks: expect.any(Number),
    });
    expect(statSync(`${fixture.home}/agent/identity/identity.json`).mode & 0o777).toBe(0o600);
    await until(() => fixture.console.heartbeats.length > 0, "a heartbeat arrives");
    expect(fixture.console.heartbeats[0]?.load.memoryTotalBytes).toBeGreaterThan(0);
    await fixture.stopAgent();
    const again = await fixture.start({ joinToken });
    expect(again.agentId).toBe("agent-1");
    await fixture.stopAgent();
    expect((await fixture.start()).agentId).toBe("agent-1");
    expect(fixture.console.joins).toBe(1);
  });

  it("refuses a used or wrong token with what to do, and leaves no identity", async () => {
    const used = fixture.console.makeToken();
    await fixture.start({ joinToken: used });
    const other = await AgentFixture.make();
    try {
      await expect(other.startAlone({ joinToken: used })).rejects.toMatchObject({
        reason: "CON_JOIN_REFUSED",
        code: "PERMISSION_DENIED",
        message: expect.stringContaining("Machines page"),
      });
      const wrong = fixture.console.makeToken({ tokenSecret: "0123456789abcdef" });
      await expect(other.startAlone({ joinToken: wrong })).rejects.toMatchObject({ reason: "CON_JOIN_REFUSED" });
      await expect(other.startAlone({ joinToken: "msec1.x" })).rejects.toMatchObject({
        reason: "PROTO_JOIN_TOKEN_INVALID",
      });
      await expect(other.startAlone()).rejects.toMatchObject({ reason: "CFG_JOIN_TOKEN_REQUIRED" });
    } finally {
      await other.close();
    }
  });

  it("does not join a console with another certificate", async () => {
    const fingerprint = Array(32).fill("AB").join(":");
    const joinToken = fixture.console.makeToken({ fingerprint });
    await expect(fixture.startAlone({ joinToken })).rejects.toMatchObject({ reason: "NET_LINK_CERTIFICATE_MISMATCH" });
    expect(fixture.console.joins).toBe(0);
  });

  it("refuses to join twice, unless told to", async () => {
    await fixture.start({ joinToken: fixture.console.makeToken() });
    await fixture.stopAgent();
    const joinToken = fixture.console.makeToken();
    await expect(fixture.startAlone({ joinToken })).rejects.toMatchObject({ reason: "CFG_ALREADY_JOINED" });
    expect((await fixture.start({ joinToken, rejoin: true })).agentId).toBe("agent-2");
    await fixture.stopAgent();
    expect((await fixture.start({ joinToken, rejoin: true })).agentId).toBe("agent-2");
  });

  it("keeps the old identity when a rejoin fails", async () => {
    await fixture.start({ joinToken: fixture.console.makeToken() });
    await fixture.stopAgent();
    const joinToken = fixture.console.makeToken({ tokenSecret: "0123456789abcdef" });
    await expect(fixture.startAlone({ joinToken, rejoin: true })).rejects.toMatchObject({ reason: "CON_JOIN_REFUSED" });
    expect((await fixture.start()).agentId).toBe("agent-1");
  });

  it("waits for a console that is away and connects again by itself", async () => {
    await fixture.start({ joinToken: fixture.console.makeToken() });
    await fixture.console.goAway();
    await until(() => fixture.agent?.isConnected === false, "the link is noticed as lost");
    await fixture.console.comeBack();
    await until(() => fixture.agent?.isConnected === true, "the agent comes back");
    await fixture.stopAgent();
    await fixture.console.goAway();
    const alone = await fixture.startAlone();
    expect(alone.isConnected).toBe(false);
    await fixture.console.comeBack();
    await until(() => alone.isConnected, "the agent finds the console later");
  });

  it("lets only one agent work on a home", async () => {
    await fixture.start({ joinToken: fixture.console.makeToken() });
    const { agent } = fixture;
    await expect(fixture.startAlone()).rejects.toMatchObject({ reason: "CFG_HOME_IN_USE" });
    expect(fixture.agent).toBe(agent);
  });
});
