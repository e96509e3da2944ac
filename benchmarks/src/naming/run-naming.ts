/**
 * `npm run bench -- naming [--json] [--quick] [--only fleet|agent]`: names at scale. `fleet`: a real console and simulated agents over
 * real TLS connections. `agent`: a real agent with many services, what it costs when nothing happens and when little does.
 */
import { parseArgs } from "node:util";
import { writeResult } from "../result.js";
import { measureAgent } from "./measure-agent.js";
import { measureFleet } from "./measure-fleet.js";

const FULL = {
  fleet: { agents: 1_000, services: 1_000, instances: 10, changes: 50, burst: 200 },
  agent: { services: 500, instances: 100, seconds: 40 },
};
const QUICK = {
  fleet: { agents: 50, services: 50, instances: 10, changes: 10, burst: 20 },
  agent: { services: 50, instances: 20, seconds: 10 },
};

export async function runNamingBenchmark(args: readonly string[]): Promise<void> {
  const options = { json: { type: "boolean" }, quick: { type: "boolean" }, only: { type: "string" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const sizes = values.quick ? QUICK : FULL;
  const say = (line: string) => (values.json ? undefined : process.stderr.write(`${line}\n`));
  const isWanted = (part: string) => values.only === undefined || values.only === part;
  const fleet = isWanted("fleet") ? await measureFleet(sizes.fleet, say) : undefined;
  const agent = isWanted("agent") ? await measureAgent(sizes.agent, say) : undefined;
  const figures = { ...(fleet && { fleet }), ...(agent && { agent }) };
  say(JSON.stringify(figures, undefined, 2));
  await writeResult(values.only === undefined ? "naming" : `naming-${values.only}`, figures, { isKept: !values.quick });
}
