/** The `signal` of a request whose handler asked for it: tells when nobody waits any more. Only such requests have their deadline watched. */
import type { AppError } from "@msec/core";
import { createTimerEntry, type TimerEntry, type TimerWheel } from "@msec/net";
import { DeadlinePassed, PeerLost } from "../errors.js";

/** What is asked of the request. */
export interface SignalledRequest {
  readonly method: string;
  /** Monotonic; Infinity = none. */
  readonly deadlineMs: number;
  /** Why nobody waits for the answer. */
  readonly abandoned: AppError | undefined;
  readonly link: {
    readonly address: string;
    readonly isLost: boolean;
    readonly core: { readonly wheel: TimerWheel };
  };
  remainingMs(): number;
}

export class RequestSignal {
  readonly #controller = new AbortController();
  readonly #wheel: TimerWheel;
  #deadlineEntry: TimerEntry | undefined;

  constructor(request: SignalledRequest) {
    const { link, method, deadlineMs, abandoned } = request;
    this.#wheel = link.core.wheel;
    const expire = (): void => this.abort(new DeadlinePassed({ method }));
    if (abandoned !== undefined) this.abort(abandoned);
    else if (link.isLost) this.abort(new PeerLost({ peer: link.address }));
    else if (request.remainingMs() === 0) expire();
    else if (deadlineMs !== Number.POSITIVE_INFINITY) {
      this.#deadlineEntry = createTimerEntry(expire);
      this.#wheel.add(this.#deadlineEntry, deadlineMs);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: AppError): void {
    this.#controller.abort(reason);
  }

  /** `error` is what the signal told. */
  hasTold(error: unknown): boolean {
    const { signal } = this.#controller;
    return signal.aborted && signal.reason === error;
  }

  /** The answer is given: the deadline is watched no more. */
  unwatch(): void {
    if (this.#deadlineEntry !== undefined) this.#wheel.remove(this.#deadlineEntry);
  }
}
