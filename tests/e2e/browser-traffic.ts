/** Steady calls of `Flight.mod_flight` by name, as a program beside an agent makes them. */
import { FlightService } from "@msec/example-flight-web/flight";
import { connect, type MsecClient } from "@msec/sdk";
import { FLIGHT, flightQuery } from "./flight.js";

const PAUSE_MS = 10;

export class BrowserTraffic {
  readonly #client: MsecClient;
  #loop: Promise<void> | undefined;
  #isRunning = true;
  succeeded = 0;
  readonly failures: string[] = [];

  /** @param home of the agent whose name tables are used */
  constructor(home: string) {
    this.#client = connect({ caller: "test.browser", home });
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#loop;
    this.#client.close();
  }

  async #run(): Promise<void> {
    while (this.#isRunning) {
      try {
        const answer = await this.#client.call(FlightService.methods.queryFlight, FLIGHT, flightQuery);
        if (answer.errcode === 0) this.succeeded++;
        else this.failures.push(answer.errmsg);
      } catch (error) {
        this.failures.push(String(error));
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
