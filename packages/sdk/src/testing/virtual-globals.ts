/** What of the process a cluster puts on its own time, and that no two clusters do so at once. */
import { ClusterInvalid } from "../errors.js";
import { installGlobalTime } from "./global-time.js";
import { installGlobalTimers } from "./global-timers.js";
import type { VirtualClock } from "./test-clock.js";

/** `timers`: `setTimeout` and `setInterval`. `all`: what tells the time, too. */
export type VirtualGlobals = "timers" | "all";

const installed = new Set<{ readonly globals: VirtualGlobals }>();

/**
 * @param clock undefined = a real one
 * @returns gives the real ones back
 * @throws EXEC_CLUSTER_INVALID another cluster is open, and one of the two wants all; or a test runner's fake timers are on
 */
export function installVirtualGlobals(clock: VirtualClock | undefined, globals?: VirtualGlobals): () => void {
  if (clock !== undefined) return install(clock, globals ?? "timers");
  if (globals !== undefined) throw new ClusterInvalid({ problem: "globals can't follow a real clock" });
  return () => undefined;
}

function install(clock: VirtualClock, globals: VirtualGlobals): () => void {
  if ("clock" in globalThis.setTimeout || "clock" in globalThis.setImmediate) {
    const problem = 'fake timers are on (vi.useFakeTimers); a cluster has its own time, see its option globals: "all"';
    throw new ClusterInvalid({ problem });
  }
  const others = [...installed];
  if (others.some((other) => other.globals === "all") || (globals === "all" && others.length > 0)) {
    const problem = 'another cluster is open, and only one at a time can have globals: "all"; was it not closed?';
    throw new ClusterInvalid({ problem });
  }
  const own = { globals };
  installed.add(own);
  const ends = [installGlobalTimers(clock), ...(globals === "all" ? [installGlobalTime(clock)] : [])];
  return () => {
    installed.delete(own);
    for (const end of ends) end();
  };
}
