/** How the answers of MainLogic tell success and failure. */
import { isAppError, type ServiceContext } from "@msec/sdk";

/** What an answer holds besides status and message: all of it, or nothing after a failure. */
export type Outcome<T> = Partial<T> & { status: number; msg: string };

const FAILED = 100;

/** A failure whose text is meant for the caller. */
export class Refusal extends Error {}

/**
 * Does the work of a method and says how it went, in the answer and in the counters `usr.<method>_entry`, `usr.<method>_EXIT_SUC` and
 * `usr.<method>_EXIT_FAIL`. Texts of unforeseen errors go to the log only: they may name what is no business of the caller.
 */
export async function outcomeOf<T extends object>(
  ctx: ServiceContext,
  method: string,
  work: () => Promise<T>,
): Promise<Outcome<T>> {
  ctx.metrics.add(`${method}_entry`);
  try {
    const done = await work();
    ctx.metrics.add(`${method}_EXIT_SUC`);
    return { ...done, status: 0, msg: "success" };
  } catch (error) {
    ctx.metrics.add(`${method}_EXIT_FAIL`);
    const text = error instanceof Error ? error.message : String(error);
    ctx.log.error(`${method} failed: ${text}`);
    const isForCaller = error instanceof Refusal || isAppError(error);
    return { status: FAILED, msg: isForCaller ? text : `${method} failed` } as Outcome<T>;
  }
}
