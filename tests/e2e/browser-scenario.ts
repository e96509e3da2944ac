/** Where the browser's scenario plays: a fresh console, two machines to join, a page, and callers of the service. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPlugin, openProject } from "@msec/cli";
import { freePort, type TestScope } from "@msec/testkit";
import { fill, press, see } from "./browser-actions.js";
import { MACHINES, PagesPlatform } from "./browser-platform.js";
import { type BrowserSession, openBrowser } from "./browser-session.js";
import { BrowserTraffic } from "./browser-traffic.js";
import { exampleDirectory } from "./msec-cli.js";

export const ACCOUNT = { name: "anna", password: "correct-horse-battery" };
export const flightProto = readFileSync(join(exampleDirectory("flight"), "flight.proto"), "utf8");

interface OpenScene {
  readonly platform: PagesPlatform;
  readonly session: BrowserSession;
  readonly traffic: BrowserTraffic;
  readonly setupLink: string;
  /** Free on both machines. */
  readonly port: number;
}

export class BrowserScenario {
  readonly #scope: TestScope;
  #open: OpenScene | undefined;

  constructor(scope: TestScope) {
    this.#scope = scope;
  }

  async open(): Promise<void> {
    const platform = new PagesPlatform(this.#scope);
    const archive = join(platform.root, "flight.tgz");
    writeFileSync(join(platform.root, "notes.tgz"), "these are only my notes\n");
    const [setupLink] = await Promise.all([
      platform.startConsole(),
      buildPlugin(openProject(exampleDirectory("flight")), archive),
    ]);
    const port = await freePort(MACHINES.map((machine) => machine.address));
    const session = await openBrowser(this.#scope);
    const traffic = new BrowserTraffic(platform.homeOf(MACHINES[0]));
    this.#scope.add(() => traffic.stop());
    this.#open = { platform, session, traffic, setupLink, port };
  }

  get platform(): PagesPlatform {
    return this.#scene.platform;
  }

  get session(): BrowserSession {
    return this.#scene.session;
  }

  get traffic(): BrowserTraffic {
    return this.#scene.traffic;
  }

  get setupLink(): string {
    return this.#scene.setupLink;
  }

  get port(): number {
    return this.#scene.port;
  }

  /** Address of the console. */
  get base(): string {
    return new URL(this.setupLink).origin;
  }

  /** What `msec build` made of the example. */
  get archive(): string {
    return join(this.platform.root, "flight.tgz");
  }

  /** No archive, though it is called so. */
  get notes(): string {
    return join(this.platform.root, "notes.tgz");
  }

  async signIn(password: string): Promise<void> {
    const { page } = this.session;
    await fill(page, "Name", ACCOUNT.name);
    await fill(page, "Password", password);
    await press(page, "Sign in");
  }

  /** Out of the line that the page gives to paste. */
  async readJoinToken(): Promise<string> {
    const line = await this.session.page.getByText(/^msec agent .*--join-token /).textContent();
    return line?.split("--join-token ")[1] ?? "";
  }

  async seeReleased(): Promise<void> {
    const { page } = this.session;
    await see(page, "on 2 of 2 machines");
    for (const machine of MACHINES) {
      const target = page.getByRole("group").filter({ hasText: machine.address });
      await see(target, "Done");
      await target.getByText(machine.address).first().click();
      await see(target.getByRole("list"), "healthy");
    }
  }

  /** Of the page behind its content: 0 black, 255 white. */
  async brightness(): Promise<number> {
    const colour = await this.session.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    return Math.max(...(colour.match(/\d+/g) ?? ["255"]).slice(0, 3).map(Number));
  }

  /** What a program does that changes names beside the person: a call with the page's own session. */
  async callApi(method: "POST", path: string, body: unknown): Promise<void> {
    const headers = { "x-msec-client": "1", origin: this.base };
    const answer = await this.session.page.request.fetch(`${this.base}/api/v1/${path}`, {
      method,
      headers,
      data: body,
    });
    if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
  }

  get #scene(): OpenScene {
    if (!this.#open) throw new Error("the scene is not open");
    return this.#open;
  }
}
