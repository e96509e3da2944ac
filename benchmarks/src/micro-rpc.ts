/**
 * What the four habits of the hot path bring, each against what one would write first: splitting frames in place, requests passed as
 * objects instead of functions made per call, output buffers used again, and one write per turn of the event loop. CPU time per frame,
 * rounds interleaved, so that the load of the machine hits all alike.
 */
import { FRAMES, type MicroCase, openMicroCases } from "./micro-rpc-cases.js";
import { median, writeResult } from "./result.js";

const ROUNDS = 9;
/** CPU time of one round of one case. */
const ROUND_MS = 60;

interface MicroRow {
  readonly group: string;
  readonly name: string;
  readonly isOurs: boolean;
  /** CPU time per frame, both ends of the connection where there is one. */
  readonly nsPerFrame: number;
  readonly min: number;
  readonly max: number;
  /** Against ours in the same group. */
  readonly ratio: number;
}

async function cpuMsOf(one: MicroCase, chunks: number): Promise<number> {
  const before = process.cpuUsage();
  await one.run(chunks);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Warms up, in CPU time, and tells how many chunks make a round. */
async function calibrate(one: MicroCase): Promise<number> {
  for (let chunks = 16; ; chunks *= 2) {
    const cpuMs = await cpuMsOf(one, chunks);
    if (cpuMs >= ROUND_MS * 2) return Math.max(1, Math.round((chunks * ROUND_MS) / cpuMs));
  }
}

async function measure(cases: readonly MicroCase[]): Promise<number[][]> {
  const chunks: number[] = [];
  for (const one of cases) chunks.push(await calibrate(one));
  const nsPerFrame: number[][] = cases.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, one] of cases.entries()) {
      const cpuMs = await cpuMsOf(one, chunks[i]!);
      nsPerFrame[i]!.push((cpuMs * 1e6) / (chunks[i]! * FRAMES));
    }
  }
  return nsPerFrame;
}

function rowsOf(cases: readonly MicroCase[], figures: readonly number[][]): MicroRow[] {
  const ours = new Map<string, number>();
  for (const [i, { group, isOurs }] of cases.entries()) if (isOurs) ours.set(group, median(figures[i]!));
  return cases.map(({ group, name, isOurs }, i) => {
    const nsPerFrame = median(figures[i]!);
    return {
      group,
      name,
      isOurs,
      nsPerFrame: Math.round(nsPerFrame * 10) / 10,
      min: Math.round(Math.min(...figures[i]!) * 10) / 10,
      max: Math.round(Math.max(...figures[i]!) * 10) / 10,
      ratio: Math.round((nsPerFrame / ours.get(group)!) * 100) / 100,
    };
  });
}

function formatTable(rows: readonly MicroRow[]): string {
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) => (i < 2 ? String(cell).padEnd(i === 0 ? 10 : 34) : String(cell).padStart(10))).join(" ");
  const body = rows.map((row) =>
    line([row.group, `${row.name}${row.isOurs ? " *" : ""}`, row.nsPerFrame, row.min, row.max, row.ratio]),
  );
  return [line(["varied", "variant (* = ours)", "ns/frame", "min", "max", "× ours"]), ...body].join("\n");
}

export async function runMicroRpcBenchmark(): Promise<void> {
  const { cases, close } = await openMicroCases();
  try {
    const rows = rowsOf(cases, await measure(cases));
    process.stderr.write(`${formatTable(rows)}\n`);
    const ratios = Object.fromEntries(
      rows.filter((row) => !row.isOurs).map((row) => [`${row.group}: ${row.name}`, row.ratio]),
    );
    await writeResult("micro", { rounds: ROUNDS, framesPerChunk: FRAMES, ratios, rows }, { line: { ratios } });
  } finally {
    close();
  }
}
