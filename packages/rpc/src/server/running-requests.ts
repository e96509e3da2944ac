/**
 * Requests of one connection whose handlers have not settled yet, oldest first: who must hear that nobody waits any more. A list threaded
 * through the requests themselves, since it changes with every request; cancels mostly mean the oldest ones, so searching is short.
 */
import type { AppError } from "@msec/core";

/** What can be in the list. The links are owned by it. */
export interface RunningRequest {
  readonly sequenceHigh: number;
  readonly sequenceLow: number;
  previousRunning: RunningRequest | undefined;
  nextRunning: RunningRequest | undefined;
  abandon(reason: AppError): void;
}

export class RunningRequests {
  #first: RunningRequest | undefined;
  #last: RunningRequest | undefined;

  add(request: RunningRequest): void {
    const last = this.#last;
    request.previousRunning = last;
    if (last === undefined) this.#first = request;
    else last.nextRunning = request;
    this.#last = request;
  }

  remove(request: RunningRequest): void {
    const { previousRunning, nextRunning } = request;
    if (previousRunning === undefined) this.#first = nextRunning;
    else previousRunning.nextRunning = nextRunning;
    if (nextRunning === undefined) this.#last = previousRunning;
    else nextRunning.previousRunning = previousRunning;
    request.previousRunning = undefined;
    request.nextRunning = undefined;
  }

  /** The oldest request of this sequence, if it still runs. */
  find(sequenceHigh: number, sequenceLow: number): RunningRequest | undefined {
    let request = this.#first;
    while (request !== undefined && (request.sequenceLow !== sequenceLow || request.sequenceHigh !== sequenceHigh)) {
      request = request.nextRunning;
    }
    return request;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Tells all. They stay in the list until their handlers settle. */
  abandonAll(reason: AppError): void {
    let request = this.#first;
    while (request !== undefined) {
      const next = request.nextRunning;
      request.abandon(reason);
      request = next;
    }
  }
}
