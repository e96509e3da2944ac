/** How V8 compiles a process whose work is many small calls. */
import v8 from "node:v8";

/**
 * V8 stops inlining into a function after 920 bytes of bytecode. A call passes some sixty small functions, so most of them stay calls;
 * with room for all, a call costs a seventh less on both sides (docs/reference/performance.md, "The compiler's budget").
 */
const FLAGS = ["--max-inlined-bytecode-size-cumulative=4000", "--reserve-inline-budget-scale-factor=3"];

/**
 * Gives the compiler more room, for the whole process and from now on: call it first. Workers of services do. Programs of your own that
 * make many calls may; a flag given on the command line stays as it is.
 */
export function tuneV8(args: readonly string[] = process.execArgv): void {
  for (const flag of FLAGS) {
    const name = flag.slice(0, flag.indexOf("="));
    if (!args.some((arg) => arg.replaceAll("_", "-").startsWith(name))) v8.setFlagsFromString(flag);
  }
}
