/** Child process of the speed run: one of several that pick and report on one table. */
import { bootNowMs } from "@msec/shm";
import { answerParent } from "../rpc/child-main.js";
import { BATCH, balancerCycle } from "./speed-cycle.js";

interface HammerArgs {
  readonly path: string;
  readonly seed: number;
}

function startHammer({ path, seed }: HammerArgs) {
  const cycle = balancerCycle(path, seed);
  return {
    value: "ready",
    /** Picks and reports so many times. @returns processor time per pick and report, ns: the processes share the cores */
    answer({ calls }: { calls: number }): number {
      const started = process.cpuUsage();
      for (let done = 0; done < calls; done += BATCH) {
        const nowMs = bootNowMs();
        cycle.pick(nowMs);
        cycle.report(nowMs);
      }
      const { user, system } = process.cpuUsage(started);
      return ((user + system) * 1e3) / calls;
    },
  };
}

await answerParent({ hammer: (args) => startHammer(args as HammerArgs) });
