import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestScope } from "./test-scope.js";

/** An empty directory that goes with the scope. @param under where; default: the system's place for temporary files */
export function makeTempDirectory(scope: TestScope, name: string, under = tmpdir()): string {
  const directory = mkdtempSync(join(under, `msec-${name}-`));
  scope.add(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}
