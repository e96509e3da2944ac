const PAUSE_MS = 25;

/**
 * Asks again until there is an answer: anything but `undefined` and `false`. A probe that throws has none yet.
 *
 * @param what is waited for, for the message
 * @throws Error after `timeoutMs`, with the last failure of the probe
 */
export async function waitUntil<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs: number,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let failure: unknown;
  for (;;) {
    try {
      failure = undefined;
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadlineMs) {
      const why = failure === undefined ? "" : `: ${failure instanceof Error ? failure.message : String(failure)}`;
      throw new Error(`${what}: not within ${timeoutMs} ms${why}`, { cause: failure });
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
