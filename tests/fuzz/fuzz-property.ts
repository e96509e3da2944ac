/**
 * One property of the fuzz suite.
 *
 * In the suite each runs for MSEC_FUZZ_MS (default 400 ms) with a random seed, after the failures of the past in seeds.json. By hand
 * (`npm run fuzz -- --minutes 10`) it runs again and again with new seeds and ever more cases for its share of the time, and what fails is
 * added to seeds.json. A failure prints seed and path; MSEC_FUZZ_SEED repeats a seed.
 */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { it } from "vitest";

/** A failure to be repeated for ever. */
interface KeptSeed {
  readonly property: string;
  readonly seed: number;
  readonly path: string;
}

const SEEDS = fileURLToPath(new URL("./seeds.json", import.meta.url));
const { MSEC_FUZZ_MS, MSEC_FUZZ_SEED, MSEC_FUZZ_REPORT } = process.env;
const TIME_MS = Number(MSEC_FUZZ_MS ?? 400);
/** Set by tools/fuzz.mjs: one JSON line per property goes there, and failures are kept. */
const isByHand = MSEC_FUZZ_REPORT !== undefined;
const FIRST_RUNS = isByHand ? 1_000 : 20_000;
const MAX_RUNS = 200_000;
const MAX_ROUND_MS = 5_000;

type Property<T> = fc.IProperty<T> | fc.IAsyncProperty<T>;

/** Declares the test of a property. `name` is its key in seeds.json. */
export function fuzz<T>(name: string, property: Property<T>): void {
  it(name, { timeout: 60_000 + TIME_MS * 3 }, async () => {
    for (const { seed, path } of keptSeeds().filter((kept) => kept.property === name)) {
      failIfFailed(name, await fc.check(property as fc.IProperty<T>, { seed, path, endOnFailure: true, numRuns: 1 }));
    }
    const lastCase = watchCases(property);
    const cases = await runForTime(name, property as fc.IProperty<T>);
    await lastCase();
    if (MSEC_FUZZ_REPORT !== undefined) appendFileSync(MSEC_FUZZ_REPORT, `${JSON.stringify({ name, cases })}\n`);
  });
}

/**
 * The time limit leaves the case that is under way to itself. It must have ended before the next test begins: it would find its server
 * gone, and a poll in it moves the clocks that other tests have faked.
 *
 * @returns waits for the case that was begun last
 */
function watchCases<T>(property: Property<T>): () => Promise<unknown> {
  const run = property.run.bind(property) as (value: T) => unknown;
  let last: unknown;
  property.run = ((value: T) => {
    last = run(value);
    return last;
  }) as typeof property.run;
  return async () => await last;
}

/** @returns how many cases ran */
async function runForTime<T>(name: string, property: fc.IProperty<T>): Promise<number> {
  const untilMs = performance.now() + TIME_MS;
  let cases = 0;
  for (let numRuns = FIRST_RUNS; ; numRuns = Math.min(MAX_RUNS, numRuns * 2)) {
    const leftMs = untilMs - performance.now();
    if (cases > 0 && leftMs <= 0) return cases;
    const details = await fc.check(property, {
      numRuns,
      interruptAfterTimeLimit: Math.max(1, Math.min(leftMs, MAX_ROUND_MS)),
      ...(MSEC_FUZZ_SEED === undefined ? {} : { seed: Number(MSEC_FUZZ_SEED) }),
    });
    cases += details.numRuns;
    failIfFailed(name, details);
    if (!isByHand) return cases;
    // Lets the runner's messages through between rounds.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function failIfFailed<T>(name: string, details: fc.RunDetails<T>): void {
  if (!details.failed || details.counterexample === null) return;
  if (isByHand) keep({ property: name, seed: details.seed, path: details.counterexamplePath ?? "" });
  const report = fc.defaultReportMessage(details as fc.RunDetails<unknown>);
  throw new Error(`${name}: ${report}`, { cause: details.errorInstance });
}

function keptSeeds(): KeptSeed[] {
  return JSON.parse(readFileSync(SEEDS, "utf8")) as KeptSeed[];
}

function keep(failure: KeptSeed): void {
  const kept = keptSeeds();
  if (kept.some(({ property, seed }) => property === failure.property && seed === failure.seed)) return;
  writeFileSync(SEEDS, `${JSON.stringify([...kept, failure], null, 2)}\n`);
}
