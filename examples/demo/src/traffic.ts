/** Steady calls of `Flight.client_web` by name, from a program that is no service, as a web server would make them. */
import { WebService } from "@msec/example-flight-web/web";
import { connect, type MsecClient } from "@msec/sdk";

const CALLERS = 4;
const PAUSE_MS = 10;

export interface TrafficCounts {
  readonly succeeded: number;
  readonly failed: number;
}

export class Traffic {
  readonly #client: MsecClient;
  readonly #loops: Promise<void>[] = [];
  readonly errors: string[] = [];
  #isRunning = true;
  #succeeded = 0;
  #failed = 0;

  /** @param home of the agent whose name tables are used */
  constructor(home: string) {
    this.#client = connect({ caller: "demo.browser", home });
    for (let i = 0; i < CALLERS; i++) this.#loops.push(this.#loop());
  }

  get counts(): TrafficCounts {
    return { succeeded: this.#succeeded, failed: this.#failed };
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await Promise.all(this.#loops);
    this.#client.close();
  }

  async #loop(): Promise<void> {
    while (this.#isRunning) {
      await this.#search();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #search(): Promise<void> {
    const request = { user: "bison", password: "123456", from: "Shenzhen", to: "Chengdu" };
    try {
      const answer = await this.#client.call(WebService.methods.search, "Flight.client_web", request, {
        timeoutMs: 3000,
      });
      if (answer.found) this.#succeeded++;
      else this.#note(`answered: ${answer.text}`);
    } catch (error) {
      this.#note(error instanceof Error ? error.message : String(error));
    }
  }

  #note(error: string): void {
    this.#failed++;
    if (this.errors.length < 20) this.errors.push(`${new Date().toISOString()} ${error}`);
  }
}
