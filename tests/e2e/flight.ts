/** `Flight.mod_flight` of the examples on the machines of a test platform, through the public API. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Release } from "@msec/api-schema";
import { buildPlugin, openProject } from "@msec/cli";
import { waitUntil } from "@msec/testkit";
import { pack } from "tar-stream";
import { exampleDirectory } from "./msec-cli.js";
import type { TestMachine, TestPlatform } from "./test-platform.js";

export const FLIGHT = "Flight.mod_flight";
export const flightName = { first: "Flight", second: "mod_flight" } as const;
export const flightQuery = { name: "bison", password: "123456", departureCity: "sz", destinationCity: "xz" };

export interface FlightDeployment {
  readonly port: number;
  readonly addresses: readonly string[];
}

/** The archive that `msec build` makes of examples/flight. */
export async function flightArchive(platform: TestPlatform): Promise<Buffer> {
  const project = openProject(exampleDirectory("flight"));
  return readFileSync((await buildPlugin(project, join(platform.root, "flight.tgz"))).file);
}

/** A plug-in archive of {@link FLIGHT} that is sound but for its code. */
export async function archiveOf(code: string, service = FLIGHT): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: "msec.json" }, JSON.stringify({ formatVersion: 1, service, main: "service.js" }));
  tar.entry({ name: "service.js" }, code);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return gzipSync(Buffer.concat(chunks));
}

/** A plug-in whose init hook throws `text`. */
export const failingInit = (text: string) =>
  `import { defineService } from "@msec/sdk";
   const Flight = { typeName: "flight.flight_service", methods: {} };
   export default defineService(Flight, { init() { throw new Error(${JSON.stringify(text)}); } });`;

/** Group, service, instances, config `v1` and plug-in `v1`; nothing is released. */
export async function addFlight(platform: TestPlatform, machines: readonly TestMachine[]): Promise<FlightDeployment> {
  const { api } = platform;
  const port = await platform.servicePort(machines);
  const hosts = machines.map((machine) => machine.address);
  await api("groups.create", { body: { name: "Flight", kind: "standard" } });
  await api("services.create", { body: { ...flightName, port } });
  await api("instances.create", { params: flightName, body: { hosts } });
  await api("configs.create", { params: flightName, body: { tag: "v1", content: "[SRPC]\nprocnum=1\n" } });
  await uploadFlight(platform, "v1", await flightArchive(platform));
  return { port, addresses: hosts.map((host) => `${host}:${port}`) };
}

export async function uploadFlight(platform: TestPlatform, tag: string, archive: Buffer): Promise<void> {
  await platform.api("plugins.upload", { params: { ...flightName, tag }, query: {}, body: archive });
}

/** Begins a release of config `v1` and does not wait. */
export function beginRelease(platform: TestPlatform, addresses: readonly string[], pluginTag = "v1"): Promise<Release> {
  const body = { configTag: "v1", pluginTag, addresses: [...addresses], start: true };
  return platform.api("releases.create", { params: flightName, body });
}

export async function releaseEnd(platform: TestPlatform, releaseId: string): Promise<Release> {
  const probe = async () => {
    const release = await platform.api("releases.get", { params: { releaseId } });
    return release.status !== "running" && release.status !== "rolling_back" && release;
  };
  return waitUntil(`end of ${releaseId}`, probe, 60_000);
}

/** Adds, releases and expands. @returns the release that runs */
export async function deployFlight(
  platform: TestPlatform,
  machines: readonly TestMachine[],
): Promise<FlightDeployment & { readonly releaseId: string }> {
  const added = await addFlight(platform, machines);
  const { releaseId } = await beginRelease(platform, added.addresses);
  const { status, targets } = await releaseEnd(platform, releaseId);
  if (status !== "succeeded") throw new Error(`release ended as ${status}: ${targets.map((t) => t.error).join("; ")}`);
  const body = { action: "expand" as const, addresses: [...added.addresses] };
  await platform.api("capacity.change", { params: flightName, body });
  return { ...added, releaseId };
}
