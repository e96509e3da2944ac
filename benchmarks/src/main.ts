/** `npm run bench -- <name>`: one benchmark by name. The table goes to stderr, one JSON line to stdout. */
import { runTelemetryBenchmark } from "./micro-telemetry.js";
import { runRpcBenchmark } from "./rpc/run-rpc.js";
import { main as runShmBenchmark } from "./shm.bench.js";

const benchmarks: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  "micro-telemetry": runTelemetryBenchmark,
  rpc: runRpcBenchmark,
  shm: runShmBenchmark,
};

const [name = "", ...args] = process.argv.slice(2);
const run = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (run === undefined) {
  process.stderr.write(`usage: npm run bench -- <name>; names: ${Object.keys(benchmarks).join(", ")}\n`);
  process.exitCode = 2;
} else {
  await run(args);
}
