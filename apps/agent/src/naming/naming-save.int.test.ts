import { rmSync, symlinkSync } from "node:fs";
import { homePaths, silentLogger } from "@msec/core";
import { openLiveTable } from "@msec/shm";
import { expect, it, onTestFinished } from "vitest";
import { AgentFixture } from "../testing/agent-fixture.js";

const entry = (revision: number, port: number) => ({
  service: "Test.one",
  policy: "adaptive",
  revision,
  instances: [{ host: "127.0.0.5", port, transport: "tcp" as const, weight: 100 }],
});

/** Writes to this device fail as those to a full disk do. */
const FULL = "/dev/full";

it("uses names that it can't save, and says so", async () => {
  const fixture = await AgentFixture.make();
  onTestFinished(() => fixture.close());
  const said: [string, unknown][] = [];
  fixture.logger = { ...silentLogger, error: (msg, facts) => void said.push([msg, facts]) };
  await fixture.start({ joinToken: fixture.console.makeToken() });
  await fixture.console.applyNames({ revision: 5, services: [entry(5, 8001)] });
  const paths = homePaths(fixture.home);
  const journal = `${paths.agent}/naming-table.json.journal`;
  rmSync(journal, { force: true });
  symlinkSync(FULL, journal);
  const delta = { kind: "delta" as const, baseRevision: 5, revision: 6, services: [entry(6, 8002)] };
  expect(await fixture.console.applyNames(delta)).toBe(6);
  const view = openLiveTable(paths.liveTable("Test.one"));
  onTestFinished(() => view.close());
  expect([...view.snapshot.slots].map((slot) => view.address(slot))).toEqual(["127.0.0.5:8002"]);
  expect(said).toContainEqual(["naming table can't be saved", { why: expect.stringContaining("ENOSPC") }]);
});
