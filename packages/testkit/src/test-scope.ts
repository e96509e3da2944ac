/**
 * What a test took, given back in reverse order. Nothing is left behind when one of the steps fails.
 *
 *   const scope = new TestScope();
 *   afterAll(() => scope.close());
 */
export class TestScope {
  readonly #steps: (() => unknown)[] = [];

  /** Notes what gives a thing back. */
  add(giveBack: () => unknown): void {
    this.#steps.push(giveBack);
  }

  /** Gives everything back. @throws AggregateError with all failures, after every step was tried */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} things were not given back`);
  }
}
