/** The state file that a service's controller writes; see ServiceHomePaths.state. */
import { isSameProcess } from "@msec/shm";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { tryReadJson } from "../files/atomic-file.js";

const HostState = Type.Object({
  service: Type.String(),
  releaseId: Type.String(),
  pid: Type.Integer(),
  startTicks: Type.Integer(),
  state: Type.Unsafe<"starting" | "running" | "stopping" | "failed">({
    type: "string",
    enum: ["starting", "running", "stopping", "failed"],
  }),
  workers: Type.Array(Type.Object({ pid: Type.Integer(), state: Type.String() })),
  listen: Type.Array(Type.String()),
  restarts: Type.Integer(),
  text: Type.String(),
  /** Not told by hosts of old. */
  reload: Type.Optional(
    Type.Object({
      number: Type.Integer(),
      state: Type.String(),
      text: Type.String(),
      needsRestart: Type.Optional(Type.Boolean()),
    }),
  ),
});
export type HostState = Static<typeof HostState>;

/** What the controller last wrote, of whatever life; `undefined` when there is nothing readable. */
export function tryReadHostState(path: string): HostState | undefined {
  const value = tryReadJson(path);
  return Value.Check(HostState, value) ? value : undefined;
}

/** True when that very process still runs. */
export function isAlive(process: { readonly pid: number; readonly startTicks: number }): boolean {
  return process.pid > 0 && isSameProcess(process.pid, process.startTicks | 0);
}
