/** Agents in temporary homes for tests; everything they start is ended by process id. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, resolveConfig, silentLogger } from "@msec/core";
import { type RunningAgent, startAgent } from "../agent.js";
import { AgentConfig } from "../config.js";
import type { SdkLocation } from "../sdk-location.js";
import { TestConsole } from "./test-console.js";

export class AgentFixture {
  readonly home: string;
  readonly console: TestConsole;
  readonly sdk: SdkLocation;
  agent: RunningAgent | undefined;
  logger: Logger = silentLogger;

  private constructor(home: string, console: TestConsole, sdk: SdkLocation) {
    this.home = home;
    this.console = console;
    this.sdk = sdk;
  }

  static async make(sdk?: SdkLocation): Promise<AgentFixture> {
    const home = mkdtempSync(join(tmpdir(), "msec-agent-"));
    return new AgentFixture(
      home,
      await TestConsole.start(),
      sdk ?? { hostScript: "/nonexistent", sdkDir: "/nonexistent" },
    );
  }

  config(change: Partial<AgentConfig> = {}): AgentConfig {
    return resolveConfig(AgentConfig, {
      home: this.home,
      logPort: 0,
      monitorSlots: 2_000,
      joinTimeoutMs: 1_000,
      ...change,
    });
  }

  /** Starts the agent and waits for its link. */
  async start(change: Partial<AgentConfig> = {}): Promise<RunningAgent> {
    const agent = await this.startAlone(change);
    await until(() => agent.isConnected, "the agent connects");
    return agent;
  }

  /** Starts the agent; the console may be away. */
  async startAlone(change: Partial<AgentConfig> = {}): Promise<RunningAgent> {
    this.agent = await startAgent(this.config(change), { logger: this.logger, sdk: this.sdk, random: () => 0 });
    return this.agent;
  }

  async stopAgent(): Promise<void> {
    await this.agent?.stop();
    this.agent = undefined;
  }

  async close(): Promise<void> {
    await this.stopAgent();
    await this.console.goAway();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Waits for a condition, checked every 20 ms. */
export async function until(condition: () => boolean, what: string, timeoutMs = 10_000): Promise<void> {
  const untilMs = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > untilMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
