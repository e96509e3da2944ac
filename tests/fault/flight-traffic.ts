/** Steady idempotent calls of `Flight.mod_flight` by its name, from a program that is no service. */
import { FlightService } from "@msec/example-flight-web/flight";
import { connect, type MsecClient } from "@msec/sdk";
import { waitUntil } from "@msec/testkit";
import { FLIGHT, flightQuery } from "../e2e/flight.js";

const CALLERS = 4;
const PAUSE_MS = 5;
const TIMEOUT_MS = 3_000;

export class FlightTraffic {
  readonly #client: MsecClient;
  readonly #loops: readonly Promise<void>[];
  readonly errors: string[] = [];
  #isRunning = true;
  #succeeded = 0;

  /** @param home of the agent whose name tables are used */
  constructor(home: string) {
    this.#client = connect({ caller: "test.traffic", home });
    this.#loops = Array.from({ length: CALLERS }, () => this.#loop());
  }

  get succeeded(): number {
    return this.#succeeded;
  }

  /** Waits until so many more calls have succeeded. */
  async flow(calls: number): Promise<void> {
    const goal = this.#succeeded + calls;
    await waitUntil(`${calls} more calls`, () => this.#succeeded >= goal, 30_000);
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await Promise.all(this.#loops);
    this.#client.close();
  }

  async #loop(): Promise<void> {
    while (this.#isRunning) {
      await this.#call();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #call(): Promise<void> {
    const beganAtMs = Date.now();
    try {
      const { methods } = FlightService;
      const answer = await this.#client.call(methods.queryFlight, FLIGHT, flightQuery, { timeoutMs: TIMEOUT_MS });
      if (answer.errcode === 0) this.#succeeded++;
      else this.errors.push(`answered ${answer.errcode}`);
    } catch (error) {
      this.errors.push(`after ${Date.now() - beganAtMs} ms: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
