import { EventEmitter, getMaxListeners, setMaxListeners } from "node:events";

/** Many calls may share one signal on purpose: that of a request, or of the process. More than this look like a leak all the same. */
const MAX_LISTENERS = 20_000;

/** Node warns of a leak at the eleventh listener, unless somebody has said how many there may be. */
export function allowManyListeners(signal: AbortSignal): void {
  if (getMaxListeners(signal) === EventEmitter.defaultMaxListeners) setMaxListeners(MAX_LISTENERS, signal);
}
