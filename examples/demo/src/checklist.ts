/** Steps that are checked one after the other. A failed one is told with its reason and the rest is not run. */
export class Checklist {
  readonly #print: (line: string) => void;
  #passed = 0;
  #failed = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  get counts(): { readonly passed: number; readonly failed: number } {
    return { passed: this.#passed, failed: this.#failed };
  }

  /** Does one step; what `work` gives back is shown behind its name. */
  async step(name: string, work: () => Promise<string>): Promise<void> {
    const begin = Date.now();
    try {
      const fact = await work();
      this.#passed++;
      this.#print(`  ok    ${name}: ${fact} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
    } catch (error) {
      this.#failed++;
      this.#print(`  FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }
}

/** @throws with the text when the fact does not hold */
export function ensure(holds: boolean, text: string): asserts holds {
  if (!holds) throw new Error(text);
}

/** Asks again until `probe` gives a value. @throws after `timeoutMs`, telling what was waited for */
export async function waitFor<T>(what: string, timeoutMs: number, probe: () => Promise<T | undefined>): Promise<T> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > deadlineMs) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
