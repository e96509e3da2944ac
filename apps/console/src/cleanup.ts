/** What has to be given back, last taken first. Runs once; one failing step does not keep the others from running. */
export class Cleanup {
  #steps: (() => Promise<void>)[] = [];

  add(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /** @throws AggregateError of the steps that failed */
  async run(): Promise<void> {
    const steps = this.#steps.toReversed();
    this.#steps = [];
    const errors: unknown[] = [];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, "stopping failed");
  }
}
