/** For tests that need real processes under load. */
export { FAULTS, type Fault, type FaultName } from "./chaos-faults.js";
export type { ChaosFigures } from "./chaos-figures.js";
export { ChaosStage } from "./chaos-stage.js";
export { type FaultOptions, runFault } from "./run-fault.js";
