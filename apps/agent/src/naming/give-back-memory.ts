/** After a whole list of names the heap holds several copies of it; a process that then idles would keep them for a long time. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const DELAY_MS = 1_000;

let collect: (() => void) | undefined;
let isDue = false;

/** Collects garbage soon, once for several calls. Takes about a millisecond per MB that is in use. */
export function giveBackMemorySoon(): void {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    collect ??= openCollector();
    collect();
  }, DELAY_MS).unref();
}

function openCollector(): () => void {
  setFlagsFromString("--expose-gc"); // only contexts that are made from here on see it
  return runInNewContext("gc") as () => void;
}
