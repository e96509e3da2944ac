/** Debian's Chromium with a page, and a record of everything that went wrong in it and in other tabs. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestScope } from "@msec/testkit";
import { type ConsoleMessage, chromium, type Page, type Response } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const TIMEOUT_MS = 15_000;

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What a person must install to run these tests, or undefined. `tools/run-tests.mjs` has tried already. */
export function missingBrowser(): string | undefined {
  const isMissing = !existsSync(CHROMIUM) || process.env.MSEC_MISSING_PACKAGES?.split(",").includes("chromium");
  return isMissing ? "skipped: the Debian package chromium is missing" : undefined;
}

export interface BrowserSession {
  readonly page: Page;
  /** Messages of kind error on the page's console, and errors that nobody caught. */
  readonly problems: readonly string[];
  /** Answers from 400 on, as `POST /api/sessions 401`. */
  readonly refusals: readonly string[];
  /** Writes a picture of the page. @returns its file */
  takePicture(directory: string, name: string): Promise<string>;
}

export async function openBrowser(scope: TestScope): Promise<BrowserSession> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  scope.add(() => browser.close());
  const viewport = { width: 1440, height: 900 };
  const context = await browser.newContext({
    viewport,
    locale: "en-US",
    colorScheme: "light",
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(TIMEOUT_MS);
  const problems: string[] = [];
  const refusals: string[] = [];
  context.on("weberror", (error) => problems.push(`uncaught: ${error.error().stack ?? error.error().message}`));
  context.on("console", (message) => noteMessage(message, problems));
  context.on("response", (answer) => noteAnswer(answer, refusals));
  const page = await context.newPage();
  return {
    page,
    problems,
    refusals,
    takePicture: async (directory, name) => {
      const path = join(directory, `${name}.png`);
      await page.screenshot({ path });
      return path;
    },
  };
}

/** Refused requests are also told on the page's console; they are counted as answers. */
function noteMessage(message: ConsoleMessage, problems: string[]): void {
  const isRefusal = /^Failed to load resource: the server responded with a status of \d+/.test(message.text());
  if (message.type() === "error" && !isRefusal) problems.push(`${message.text()} (${message.location().url})`);
}

function noteAnswer(answer: Response, refusals: string[]): void {
  if (answer.status() < 400) return;
  refusals.push(`${answer.request().method()} ${new URL(answer.url()).pathname} ${answer.status()}`);
}
