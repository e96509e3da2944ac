/** `npm run bench -- <name>`: one benchmark by name. The table goes to stderr, one JSON line to stdout; `page` and `lb-page` write reference pages. */
import { runChaos } from "./chaos/run-chaos.js";
import { writeFaultTolerancePage } from "./lb/lb-page.js";
import { runLbBenchmark } from "./lb/run-lb.js";
import { runMicroRpcBenchmark } from "./micro-rpc.js";
import { runTelemetryBenchmark } from "./micro-telemetry.js";
import { runNamingBenchmark } from "./naming/run-naming.js";
import { writePerformancePage } from "./performance-page.js";
import { runRpcBenchmark } from "./rpc/run-rpc.js";
import { runSoakBenchmark } from "./rpc/run-soak.js";
import { runTableBenchmark } from "./rpc/run-table.js";
import { main as runShmBenchmark } from "./shm.bench.js";

const benchmarks: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  chaos: runChaos,
  lb: runLbBenchmark,
  "lb-page": writeFaultTolerancePage,
  micro: runMicroRpcBenchmark,
  "micro-telemetry": runTelemetryBenchmark,
  naming: runNamingBenchmark,
  rpc: runRpcBenchmark,
  soak: runSoakBenchmark,
  table: runTableBenchmark,
  page: writePerformancePage,
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
