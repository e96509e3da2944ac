import type { Hop, LogRecord } from "@msec/api-schema";
import type { Command } from "commander";
import { type CliContext, table } from "./cli-context.js";
import { parseWhole } from "./whole-number.js";

interface LogOptions {
  readonly service?: string;
  readonly request?: string;
  readonly level?: "TRACE" | "DEBUG" | "INFO" | "ERROR" | "FATAL";
  readonly text?: string;
  readonly minutes: string;
  readonly limit: string;
}

/** `msec logs`, `msec request`, `msec metrics`. */
export function observabilityCommands(program: Command, cli: CliContext): void {
  program
    .command("logs")
    .description("find log records, newest last")
    .option("--service <First.Second>", "of one service")
    .option("--request <id>", "of one request")
    .option("--level <level>", "this level and above")
    .option("--text <text>", "part of the text")
    .option("--minutes <n>", "how far back", "60")
    .option("--limit <n>", "how many", "100")
    .action(async (options: LogOptions) => {
      const toMs = Date.now() + 1000;
      const query = {
        ...(options.service !== undefined && { service: options.service }),
        ...(options.request !== undefined && { requestId: options.request }),
        ...(options.level !== undefined && { level: options.level }),
        ...(options.text !== undefined && { text: options.text }),
        fromMs: toMs - parseWhole("--minutes", options.minutes) * 60_000,
        toMs,
        limit: parseWhole("--limit", options.limit),
      };
      const answer = await cli.api()("logs.search", { query });
      cli.print(answer, () => answer.records.toReversed().map(recordLine));
    });
  program
    .command("request <id>")
    .description("one request: what happened, the calls it made, its records")
    .action(async (requestId: string) => {
      const answer = await cli.api()("requests.get", { params: { requestId } });
      cli.print(answer, () => [
        answer.verdict,
        ...answer.hops.map((hop) => hopLine(hop, answer.hops)),
        ...answer.records.map(recordLine),
      ]);
    });
  program
    .command("metrics <First.Second>")
    .description("attributes that a service reported in the last minutes")
    .option("--minutes <n>", "how far back", "10")
    .action(async (service: string, options: { minutes: string }) => {
      const toMs = Date.now();
      const fromMs = toMs - parseWhole("--minutes", options.minutes) * 60_000;
      const answer = await cli.api()("metrics.attributes", { query: { service, fromMs, toMs } });
      cli.print(answer, () =>
        table(
          ["ATTRIBUTE", "SUM", "MACHINES"],
          answer.attributes.map((a) => [a.attribute, a.sum, a.machines.join(", ")]),
        ),
      );
    });
}

function recordLine(record: LogRecord): string {
  const at = new Date(record.atMs).toISOString();
  return `${at} ${record.level.padEnd(5)} ${record.service} ${record.machine} [${record.requestId}] ${record.body}`;
}

function hopLine(hop: Hop, all: readonly Hop[]): string {
  let depth = 0;
  for (let at = hop; at.parentSpanId !== "" && depth < 20; depth++) {
    const parent = all.find((other) => other.spanId === at.parentSpanId);
    if (!parent) break;
    at = parent;
  }
  const outcome = hop.err === 0 ? "ok" : `${hop.err} ${hop.reason}`;
  return `${"  ".repeat(depth + 1)}${hop.caller || "?"} → ${hop.service} ${hop.method} at ${hop.address}: ${hop.costMs.toFixed(1)} ms, ${outcome}`;
}
