#!/usr/bin/env node
// In the repository from the start, so that npm links the command before anything is built.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const main = new URL("../dist/main.js", import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  process.stderr.write(`msec is not built yet: run \`npm run build\` in ${root}\n`);
  process.exitCode = 1;
}
