/** Values of several series put into equal steps. Pure. */
import type { Series } from "./series-directory.js";
import type { TimeSteps } from "./time-steps.js";

/** One value per step, by machine; null = nothing was reported. */
export type MachineValues = Map<string, (number | null)[]>;

export class GridBuilder {
  readonly #steps: TimeSteps;
  /** By attribute. */
  readonly grid = new Map<string, MachineValues>();

  constructor(steps: TimeSteps) {
    this.#steps = steps;
  }

  /** Values of a series come in the order of their time: of gauges the last one of a step stays. */
  add(series: Series, atMs: number, value: number): void {
    const step = Math.floor((atMs - this.#steps.fromMs) / this.#steps.stepMs);
    if (step < 0 || step >= this.#steps.count) return;
    const values = this.#values(series);
    const known = values[step] ?? null;
    values[step] = series.kind === "set" || known === null ? value : known + value;
  }

  #values({ attribute, machine }: Series): (number | null)[] {
    const machines = this.grid.get(attribute) ?? new Map<string, (number | null)[]>();
    this.grid.set(attribute, machines);
    const values = machines.get(machine) ?? new Array<number | null>(this.#steps.count).fill(null);
    machines.set(machine, values);
    return values;
  }
}

/** Sum over the machines that reported; null where none did. */
export function sumOfMachines(machines: MachineValues, count: number): (number | null)[] {
  const sums = new Array<number | null>(count).fill(null);
  for (const values of machines.values()) {
    values.forEach((value, step) => {
      if (value !== null) sums[step] = (sums[step] ?? 0) + value;
    });
  }
  return sums;
}
