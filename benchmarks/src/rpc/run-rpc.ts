/**
 * `npm run bench -- rpc`: echo of 100 bytes between two processes over loopback, against other programs in the same run.
 *
 *   --only 256,short   these scenarios
 *   --peers msec,floor these peers
 *   --quick            one short round, for use while tuning
 *   --json             no tables, only the JSON line
 */
import { parseArgs } from "node:util";
import { writeResult } from "../result.js";
import { canPin } from "./child.js";
import { type Effort, measureScenario, type PeerSamples, startAgentChild } from "./measure.js";
import { ratiosOf } from "./ratios.js";
import { chooseScenarios, type Scenario } from "./scenarios.js";
import { formatRatios, formatSummaries, summarize } from "./summary.js";

const FULL: Effort = { rounds: 5, runMs: 1_000, warmUpCpuMs: 1_000 };
const QUICK: Effort = { rounds: 1, runMs: 700, warmUpCpuMs: 600 };

const OPTIONS = {
  only: { type: "string" },
  peers: { type: "string" },
  quick: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

export async function runRpcBenchmark(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const scenarios = chooseScenarios(values.only);
  const wanted = values.peers?.split(",");
  const effort = values.quick ? QUICK : FULL;
  const say = (text: string): void => void (values.json || process.stderr.write(`${text}\n`));
  const all: PeerSamples[] = [];
  const agent = await startAgentChild();
  try {
    for (const scenario of scenarios) {
      say(`\n${scenario.name}: ${scenario.about}`);
      const peers = scenario.peers.filter((peer) => wanted?.includes(peer) ?? true);
      const measured = await measureScenario(scenario, { agent, effort, peers });
      all.push(...measured);
      say(formatSummaries(measured.map(summarize)));
      for (const [peer, why] of Object.entries(scenario.notAvailable)) say(`${peer}: n/a, ${why}`);
    }
  } finally {
    await agent.stop();
  }
  const ratios = ratiosOf(all);
  if (Object.keys(ratios).length > 0) say(`\n${formatRatios(ratios)}`);
  const isPart = values.quick || values.only !== undefined || wanted !== undefined;
  await writeResult(
    "rpc",
    { ...effort, bodyBytes: 100, pinned: canPin, scenarios: scenarios.map(describe), results: all.map(summarize) },
    { line: { ratios }, isKept: !isPart },
  );
}

function describe({ name, about, inFlight, connections, isShort, workers, transport, notAvailable }: Scenario): object {
  return { name, about, inFlight, connections, isShort, workers, transport, notAvailable };
}
