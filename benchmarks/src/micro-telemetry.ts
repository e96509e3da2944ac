/**
 * What metrics, hop record and log cost the process that serves or calls, in CPU ns per operation. All cases run in turn, several rounds,
 * so that a busy machine hits all alike; the first round only warms up. `npm run bench -- micro-telemetry`.
 */
import assert from "node:assert/strict";
import { systemClock } from "@msec/core";
import { decodeHopBatch, decodeLogEvent, HopBatchWriter } from "@msec/protocol";
import { FrameworkMetrics, HopEmitter, MetricEmitter } from "@msec/telemetry";
import { median, writeResult } from "./result.js";

const ROUNDS = 9;
const OPS = 400_000;

/** As wide as the runtime's own object for a request, texts behind getters like there. */
class Request {
  readonly method = "echo.EchoService.Echo";
  readonly protocol = "srpc";
  readonly coloring = false;
  readonly attempt = 0;
  readonly priority = 64;
  readonly parentSpanIdHigh = 0;
  readonly parentSpanIdLow = 0;
  readonly err = 0;
  readonly reason = "";
  readonly calls = [];
  readonly flowIdHigh = (Math.random() * 2 ** 31) >>> 0;
  readonly flowIdLow = (Math.random() * 2 ** 32) >>> 0;
  readonly spanIdHigh = (Math.random() * 2 ** 32) >>> 0;
  readonly spanIdLow = (Math.random() * 2 ** 32) >>> 0;
  readonly startedMs = performance.now();
  readonly arrivedMs = this.startedMs - 0.05;
  readonly costMs = Math.random();
  readonly caller: string;
  readonly link: {
    readonly address: string;
    readonly localAddress: string;
    readonly core: { readonly service: string };
  };

  constructor(caller: string, link: Request["link"]) {
    this.caller = caller;
    this.link = link;
  }

  get service(): string {
    return this.link.core.service;
  }

  get clientAddress(): string {
    return this.link.address;
  }

  get serverAddress(): string {
    return this.link.localAddress;
  }
}

/** @param connections requests come by these in turn, so the address changes with every request */
function createRequests(connections: number, callers: number): Request[] {
  const core = { service: "Bench.echo" };
  const links = Array.from({ length: connections }, (_, n) => ({
    ...{ address: `127.0.0.1:${40_000 + n}`, localAddress: "127.0.0.1:7963", core },
  }));
  const names = Array.from({ length: callers }, (_, n) => `Bench.caller${n}`);
  return Array.from({ length: 1_024 }, (_, n) => new Request(names[n % callers]!, links[n % connections]!));
}

interface Case {
  readonly name: string;
  readonly run: (operations: number) => void;
}

/** Calls `work` for the requests in turn. */
function over<T>(items: readonly T[], work: (item: T) => void): (operations: number) => void {
  return (operations) => {
    for (let n = 0; n < operations; n++) work(items[n & 1_023]!);
  };
}

function requestCases(kind: string, requests: readonly Request[]): Case[] {
  const create = () => new MetricEmitter({ service: "Bench.echo", openSink: () => ({ put: () => true }) });
  /** Takes frames as fast as a socket would at best. */
  const logs = {
    onHopsDone: (_frame: Uint8Array): void => undefined,
    writeHops(frame: Uint8Array): void {
      this.onHopsDone(frame);
    },
  };
  const [hops, bothHops] = [new HopEmitter({ ...logs }), new HopEmitter({ ...logs })];
  const [metrics, bothMetrics] = [new FrameworkMetrics(create().start()), new FrameworkMetrics(create().start())];
  return [
    { name: `${kind}: loop alone`, run: over(requests, (request) => void request.costMs) },
    { name: `${kind}: metrics`, run: over(requests, (request) => metrics.onRequest(request)) },
    { name: `${kind}: hop record`, run: over(requests, (request) => hops.onRequest(request)) },
    {
      name: `${kind}: metrics + hop record`,
      run: over(requests, (request) => {
        bothMetrics.onRequest(request);
        bothMetrics.onDelay(request.startedMs - request.arrivedMs);
        bothHops.onRequest(request);
      }),
    },
  ];
}

function callCases(): Case[] {
  const emitter = new MetricEmitter({ service: "Bench.caller", openSink: () => ({ put: () => true }) });
  const [one, three] = [new FrameworkMetrics(emitter), new FrameworkMetrics(emitter)];
  const calls = (methods: number) =>
    Array.from({ length: 1_024 }, (_, n) => ({
      ...{ target: "Bench.echo", method: `echo.EchoService.Echo${n % methods}`, costMs: Math.random(), err: 0 },
    }));
  return [
    { name: "call, one method: metrics", run: over(calls(1), (call) => one.onCall(call)) },
    { name: "call, three methods in turn: metrics", run: over(calls(3), (call) => three.onCall(call)) },
  ];
}

/** What the agent does first with a batch; per record. */
function decodeCase(requests: readonly Request[]): Case {
  const writer = new HopBatchWriter(systemClock);
  for (let n = 0; !writer.isFull; n++) writer.append(requests[n & 1_023]!);
  const count = writer.count;
  const batch = decodeLogEvent(writer.seal(), 4).hops!;
  assert.equal(decodeHopBatch(batch)[1]!.flowIdLow, requests[1]!.flowIdLow);
  return {
    name: "agent: take a batch apart",
    run: (operations) => {
      for (let left = operations; left > 0; left -= count) decodeHopBatch(batch);
    },
  };
}

function cpuNs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1_000;
}

export async function runTelemetryBenchmark(): Promise<void> {
  const requests = createRequests(1, 1);
  const cases = [
    ...requestCases("one caller", requests),
    ...requestCases("64 connections, 8 callers", createRequests(64, 8)),
    ...callCases(),
    decodeCase(requests),
  ];
  const nsPerOp = new Map<string, number[]>(cases.map(({ name }) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { name, run } of cases) {
      const ns = cpuNs(() => run(OPS)) / OPS;
      if (round > 0) nsPerOp.get(name)!.push(ns);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const rows = [...nsPerOp].map(([name, values]) => ({
    name,
    minNs: Math.round(Math.min(...values)),
    medianNs: Math.round(median(values)),
    maxNs: Math.round(Math.max(...values)),
  }));
  for (const { name, minNs, medianNs, maxNs } of rows) {
    process.stderr.write(`${name.padEnd(50)} ${String(medianNs).padStart(6)} ns (${minNs}–${maxNs})\n`);
  }
  await writeResult("micro-telemetry", { roundsCount: ROUNDS, operations: OPS, cases: rows });
}
