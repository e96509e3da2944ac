/** What must hold while traffic flows: nothing that dies may fail a call. */
import type { CallCurves } from "@msec/api-schema";
import { formatServiceName } from "@msec/core";
import { type Checklist, ensure, waitFor } from "./checklist.js";
import { addressesOf, type Deployment } from "./deploy.js";
import { killHost, readHost } from "./host-processes.js";
import type { Platform } from "./platform.js";
import type { Traffic } from "./traffic.js";

const OUTAGE_MS = 6_000;

export async function faults(list: Checklist, platform: Platform, flight: Deployment, traffic: Traffic): Promise<void> {
  const service = formatServiceName(flight.name);
  await list.step("both instances get traffic", async () => bothServe(platform, flight));
  await list.step("kill -9 of one instance under traffic loses no call", async () =>
    killInstance(platform, flight, traffic),
  );
  await list.step("console and both agents killed under traffic: no call fails", async () => {
    const before = traffic.counts;
    const pids = platform.machines.map(({ home }) => readHost(home, service)?.pid);
    await platform.killControl();
    await sleep(OUTAGE_MS);
    noFailure(traffic);
    const calls = traffic.counts.succeeded - before.succeeded;
    ensure(calls > 50, `only ${calls} calls in ${OUTAGE_MS} ms`);
    await platform.startConsole();
    await platform.startAgents();
    await platform.waitForAgents();
    const after = platform.machines.map(({ home }) => readHost(home, service)?.pid);
    ensure(pids.join() === after.join(), `services were restarted: ${pids.join()} → ${after.join()}`);
    noFailure(traffic);
    return `${calls} calls meanwhile; agents came back without a token, services were not touched`;
  });
  await list.step("curves within 60 s", async () => curves(platform, flight));
  await list.step("logs and call graph of one request", async () => oneRequest(platform, flight));
  await list.step("shrink moves traffic away", async () => shrink(platform, flight, traffic));
}

function noFailure(traffic: Traffic): void {
  const { failed } = traffic.counts;
  ensure(failed === 0, `${failed} calls failed: ${traffic.errors.slice(0, 3).join("; ")}`);
}

const sleep = (durationMs: number) => new Promise((resolve) => setTimeout(resolve, durationMs));

/** Machines on which requests of a service were served since a time. */
async function servingMachines(platform: Platform, flight: Deployment, fromMs: number): Promise<ReadonlySet<string>> {
  const query = { service: formatServiceName(flight.name), fromMs, toMs: Date.now() + 5_000, limit: 200 };
  const { requests } = await platform.api("requests.list", { query });
  return new Set(requests.filter((r) => r.startedAtMs >= fromMs).map((r) => r.machine));
}

async function bothServe(platform: Platform, flight: Deployment): Promise<string> {
  const sinceMs = Date.now();
  return waitFor("requests on both machines", 30_000, async () => {
    const seen = await servingMachines(platform, flight, sinceMs);
    return flight.hosts.every((host) => seen.has(host)) ? [...seen].toSorted().join(", ") : undefined;
  });
}

async function killInstance(platform: Platform, flight: Deployment, traffic: Traffic): Promise<string> {
  const service = formatServiceName(flight.name);
  const victim = platform.machines[1];
  ensure(victim !== undefined, "there is no second machine");
  const before = readHost(victim.home, service)?.pid;
  const killedAtMs = Date.now();
  const pids = await killHost(victim.home, service, "SIGKILL");
  ensure(pids.length >= 2, "nothing was killed");
  await waitFor(`${service} runs again on ${victim.name}`, 30_000, async () => {
    const now = readHost(victim.home, service);
    return now?.state === "running" && now.pid !== before ? true : undefined;
  });
  const backMs = Date.now() - killedAtMs;
  await waitFor("the console shows it running", 20_000, async () => {
    const { instances } = await platform.api("instances.list", { params: flight.name });
    return instances.every((i) => i.process.state === "running") ? true : undefined;
  });
  await waitFor("it serves again", 30_000, async () => {
    const seen = await servingMachines(platform, flight, killedAtMs + backMs);
    return seen.has(victim.address) ? true : undefined;
  });
  noFailure(traffic);
  return `${pids.length} processes killed, back after ${backMs} ms, ${traffic.counts.succeeded} calls, none failed`;
}

async function curves(platform: Platform, flight: Deployment): Promise<string> {
  return waitFor("curves of both instances", 60_000, async () => {
    const toMs = Date.now();
    const query = {
      service: formatServiceName(flight.name),
      by: "machine" as const,
      fromMs: toMs - 120_000,
      toMs,
      stepMs: 5000,
    };
    const answer = await platform.api("metrics.calls", { query });
    const isBusy = (c: CallCurves) => c.callsPerSec.some((v) => (v ?? 0) > 5) && c.p99Ms.some((v) => v !== null);
    const busy = answer.curves.filter(isBusy);
    if (busy.length < 2) return undefined;
    const rates = busy.map((c) => `${c.machine} ${Math.max(...c.callsPerSec.map((v) => v ?? 0)).toFixed(0)}/s`);
    return rates.join(", ");
  });
}

async function oneRequest(platform: Platform, flight: Deployment): Promise<string> {
  const service = formatServiceName(flight.name);
  return waitFor("a request with both hops and its records", 60_000, async () => {
    const query = { service, fromMs: Date.now() - 60_000, toMs: Date.now(), limit: 20 };
    const { requests } = await platform.api("requests.list", { query });
    for (const { requestId } of requests) {
      const graph = await platform.api("requests.get", { params: { requestId } });
      const services = new Set(graph.hops.map((hop) => hop.service));
      const isLinked = graph.edges.some((e) => e.from === "Flight.client_web" && e.to === service);
      const bodies = graph.records.map((record) => record.body).join("\n");
      if (services.size === 2 && isLinked && bodies.includes("found a flight") && bodies.includes("search answered"))
        return `request ${requestId}: ${graph.verdict}; ${graph.records.length} records`;
    }
    return undefined;
  });
}

async function shrink(platform: Platform, flight: Deployment, traffic: Traffic): Promise<string> {
  const [, address] = addressesOf(flight);
  const [, host] = flight.hosts;
  ensure(address !== undefined && host !== undefined, "there is no second instance");
  const body = { action: "shrink" as const, addresses: [address] };
  const result = await platform.api("capacity.change", { params: flight.name, body });
  ensure(!result.inTraffic.includes(address), `${address} is still in traffic`);
  ensure(result.agentsTold === result.agentsOnline, `only ${result.agentsTold} agents were told`);
  const sinceMs = Date.now() + 1_000;
  await sleep(4_000);
  const seen = await waitFor("requests after the shrink", 20_000, async () => {
    const machines = await servingMachines(platform, flight, sinceMs);
    return machines.size > 0 ? machines : undefined;
  });
  ensure(!seen.has(host), `${host} still gets requests`);
  noFailure(traffic);
  return `${result.text}; after that only ${[...seen].join(", ")} served`;
}
