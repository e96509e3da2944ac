/**
 * Whether a service of this machine shall run, and who said so last: written by the agent for the console's orders and by `msec start`
 * and `msec stop`, obeyed by the agent. So a service that was stopped by hand stays stopped until somebody says otherwise.
 */
import { readFileSync } from "node:fs";
import { writeJson } from "./service-state.js";

export interface WantedState {
  readonly wanted: "running" | "stopped";
  /** For people: `msec stop by root`, `console`. */
  readonly by: string;
  readonly atMs: number;
}

export function writeWantedState(path: string, state: WantedState): void {
  writeJson(path, state);
}

/** undefined when nobody has said anything, or the file can't be read. */
export function tryReadWantedState(path: string): WantedState | undefined {
  try {
    const state = JSON.parse(readFileSync(path, "utf8")) as Partial<WantedState> | null;
    const isKnown = state?.wanted === "running" || state?.wanted === "stopped";
    return isKnown && typeof state.by === "string" && typeof state.atMs === "number"
      ? (state as WantedState)
      : undefined;
  } catch {
    return undefined;
  }
}
