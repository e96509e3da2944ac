import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiClient, createApiClient, type Role } from "@msec/api-schema";
import { resolveConfig } from "@msec/core";
import { ConsoleConfig } from "../config.js";
import { type ConsoleDeps, type RunningConsole, startConsole } from "../console.js";

export const PASSWORD = "correct horse";

/** A console on a home of its own, for tests. `stop()` removes the home. */
export interface TestConsole extends RunningConsole {
  readonly home: string;
  /** One-time token of the set-up link. */
  readonly setupToken: string;
  /** Stops and leaves the home. */
  stopOnly(): Promise<void>;
}

/** @param settings layer over the defaults; ports are 0 and nothing is logged */
export async function startTestConsole(
  settings: Readonly<Record<string, unknown>> = {},
  deps: ConsoleDeps = {},
): Promise<TestConsole> {
  const home = await mkdtemp(join(tmpdir(), "msec-console-"));
  const layer = { home, listen: "127.0.0.1:0", link: { listen: "127.0.0.1:0" } };
  const running = await startConsole(resolveConfig(ConsoleConfig, layer, settings), deps);
  return {
    ...running,
    home,
    setupToken: running.setupLink?.split("#")[1] ?? "",
    stopOnly: () => running.stop(),
    stop: async () => {
      await running.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Makes the first account (`admin`, {@link PASSWORD}). @returns the value of the Cookie header */
export async function setUpAdmin(console: TestConsole): Promise<string> {
  const body = { setupToken: console.setupToken, name: "admin", password: PASSWORD };
  const answer = await postJson(`${console.httpUrl}/api/v1/setup`, body);
  if (answer.status !== 201) throw new Error(`set-up answered ${answer.status}: ${await answer.text()}`);
  return cookieOf(answer);
}

/** A client of an API token with this role. Makes the first account when there is none. */
export async function clientWithRole(console: TestConsole, role: Role, cookie?: string): Promise<ApiClient> {
  const adminCookie = cookie ?? (await setUpAdmin(console));
  const name = `test_${role}`;
  const answer = await postJson(`${console.httpUrl}/api/v1/api-tokens`, { name, role }, { cookie: adminCookie });
  const { secret } = (await answer.json()) as { secret: string };
  return createApiClient({ baseUrl: console.httpUrl, token: secret });
}

export function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-msec-client": "1", ...headers },
    body: JSON.stringify(body),
  });
}

export function cookieOf(answer: Response): string {
  return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
}
