/**
 * `npm run demo`: the whole loop on this machine. With `--check` it asserts every step, stops everything and ends with a line
 * of counts; without, it goes on under steady traffic until Ctrl-C.
 */
import { fileURLToPath } from "node:url";
import { Checklist } from "./checklist.js";
import type { Deployment } from "./deploy.js";
import { faults } from "./faults.js";
import { MACHINES, Platform } from "./platform.js";
import { firstFlight, secondService } from "./scenario.js";
import { Traffic } from "./traffic.js";

const project = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const hosts = MACHINES.map((machine) => machine.address);
const flight: Deployment = {
  name: { first: "Flight", second: "mod_flight" },
  port: 8090,
  project: project("flight"),
  idlFile: "flight.proto",
  hosts,
};
const web: Deployment = {
  name: { first: "Flight", second: "client_web" },
  port: 8091,
  project: project("flight-web"),
  idlFile: "web.proto",
  hosts,
};
const services = ["Flight.client_web", "Flight.mod_flight"];

const isCheck = process.argv.includes("--check");
const print = (line: string) => process.stdout.write(`${line}\n`);
process.exitCode = await run();

async function run(): Promise<number> {
  const list = new Checklist(print);
  const platform = new Platform(isCheck ? "127.0.0.1:0" : "127.0.0.1:8080");
  const stopped = stopSignal();
  let traffic: Traffic | undefined;
  try {
    await list.step("start the console and two machines", async () => {
      await platform.start();
      return `${platform.url}, ${platform.machines.map((m) => `${m.name} ${m.address}`).join(", ")}`;
    });
    await firstFlight(list, platform, flight);
    await secondService(list, platform, web);
    traffic = new Traffic(platform.machines[0]?.home ?? "");
    if (isCheck) await faults(list, platform, flight, traffic);
    else await serveUntil(platform, traffic, stopped);
  } catch (error) {
    if (list.counts.failed === 0) print(`  FAIL  ${error instanceof Error ? error.stack : String(error)}`);
    return 1;
  } finally {
    await traffic?.stop();
    await platform.stop(services);
    const { passed, failed } = list.counts;
    if (isCheck) print(`\n${passed} passed, ${failed} failed`);
  }
  return list.counts.failed === 0 ? 0 : 1;
}

/** Tells where to look, then counts until Ctrl-C. */
async function serveUntil(platform: Platform, traffic: Traffic, stopped: Promise<void>): Promise<void> {
  print("");
  print(`  console   ${platform.url}`);
  print(`  sign in   ${platform.account.name} / ${platform.account.password}`);
  print(`  scripts   export MSEC_CONSOLE=${platform.url} MSEC_TOKEN=${platform.token}`);
  print("            npm run msec -- ps");
  print("  traffic   demo.browser → Flight.client_web → Flight.mod_flight on 127.0.0.2 and 127.0.0.3");
  print("  Ctrl-C stops everything and removes it.");
  print("");
  const timer = setInterval(() => {
    const { succeeded, failed } = traffic.counts;
    print(`${new Date().toLocaleTimeString()}  ${succeeded} calls, ${failed} failed`);
  }, 10_000);
  await stopped;
  clearInterval(timer);
  print("stopping …");
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}
