import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostLogPath } from "@msec/rpc/process";
import { expect, it } from "vitest";
import { boundHostLog } from "./host-process.js";

it("sets a large log aside while a host still appends to it", () => {
  const directory = mkdtempSync(join(tmpdir(), "msec-log-"));
  const path = hostLogPath(directory);
  const host = openSync(path, "a");
  try {
    boundHostLog(directory, 10);
    appendFileSync(path, "0123456789");
    boundHostLog(directory, 10);
    expect(readFileSync(path, "utf8")).toBe("0123456789");
    writeSync(host, "abc");
    boundHostLog(directory, 10);
    writeSync(host, "next");
    expect(readFileSync(path, "utf8")).toBe("next");
    expect(readFileSync(`${path}.1`, "utf8")).toBe("0123456789abc");
  } finally {
    closeSync(host);
    rmSync(directory, { recursive: true });
  }
});
