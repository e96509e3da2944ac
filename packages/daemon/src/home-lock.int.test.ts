import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { acquireHomeLock } from "./home-lock.js";

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function tempHome(): string {
  const dir = mkdtempSync(join(tmpdir(), "msec-lock-"));
  dirs.push(dir);
  return dir;
}

describe("acquireHomeLock", () => {
  it("refuses a second holder of the same home, by any path, and names the first one's pid", async () => {
    const home = tempHome();
    const alias = `${home}-alias`;
    symlinkSync(home, alias);
    dirs.push(alias);
    const lock = await acquireHomeLock(home, "console");
    await expect(acquireHomeLock(alias, "console")).rejects.toMatchObject({
      reason: "CFG_HOME_IN_USE",
      details: { role: "console", pid: process.pid },
    });
    const agent = await acquireHomeLock(home, "agent");
    await agent.release();
    await lock.release();
    const again = await acquireHomeLock(home, "console");
    await again.release();
  });

  it("is free again after its holder was killed", async () => {
    const home = tempHome();
    const script = `import("${new URL("../dist/index.js", import.meta.url).href}").then(async (d) => {
      await d.acquireHomeLock(${JSON.stringify(home)}, "agent"); setInterval(() => {}, 1000); console.log("held"); })`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await expect(acquireHomeLock(home, "agent")).rejects.toMatchObject({ details: { pid: child.pid } });
    child.kill("SIGKILL");
    await once(child, "exit");
    const lock = await acquireHomeLock(home, "agent");
    await lock.release();
  });
});
