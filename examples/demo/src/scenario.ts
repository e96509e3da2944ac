/** The acceptance story: the twelve steps of the Flight scenario, then what happens when things die. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiClient, createApiClient } from "@msec/api-schema";
import { createProject, generateProject, openProject } from "@msec/cli";
import { formatServiceName } from "@msec/core";
import { FlightService } from "@msec/example-flight-web/flight";
import { connect } from "@msec/sdk";
import { type Checklist, ensure, waitFor } from "./checklist.js";
import {
  addressesOf,
  addService,
  carryOut,
  type Deployment,
  deploy,
  expand,
  planRelease,
  saveTexts,
  uploadPlugin,
} from "./deploy.js";
import { readHost } from "./host-processes.js";
import type { Platform } from "./platform.js";

/** Steps A1 to A12 of the scenario for `Flight.mod_flight`. */
export async function firstFlight(list: Checklist, platform: Platform, flight: Deployment): Promise<void> {
  const { api } = platform;
  const { name } = flight;
  const addresses = addressesOf(flight);
  await list.step("A1 add group and service", async () => {
    await api("groups.create", { body: { name: name.first, kind: "standard" } });
    await addService(api, flight);
    const row = await api("services.get", { params: name });
    ensure(row.port === flight.port && row.language === "typescript", `port ${row.port}, language ${row.language}`);
    return `${formatServiceName(name)} on port ${row.port}`;
  });
  await list.step("A2 add the two machines", async () => {
    const { instances } = await api("instances.list", { params: name });
    ensure(instances.length === 2, `${instances.length} instances`);
    ensure(
      instances.every((i) => i.status === "disabled" && i.releaseMemo === ""),
      "they are not fresh",
    );
    return `${instances.map((i) => i.address).join(", ")} out of traffic`;
  });
  await list.step("A3 save the config as v1", async () => {
    await saveTexts(api, flight);
    const { content } = await api("configs.get", { params: { ...name, tag: "v1" } });
    ensure(content.includes(String(flight.port)) && /^listen\s*=/m.test(content), `listen is missing in:\n${content}`);
    return (/^listen.*$/m.exec(content) ?? [""])[0].trim();
  });
  await list.step("A4 save the interface as v1", async () => {
    const { versions } = await api("idls.list", { params: name });
    ensure(
      versions.some((v) => v.tag === "v1"),
      "v1 is not listed",
    );
    const broken = await api("idls.check", { params: name, body: { content: "message {" } });
    ensure(broken.problems.length > 0, "a broken interface was not noticed");
    return `listed; a broken text is refused at line ${broken.problems[0]?.line}`;
  });
  await list.step("A5 get a development project", async () => developmentProject(api, flight));
  await list.step("A6, A7 build the plug-in and upload it as v1", async () => {
    const sizeBytes = await uploadPlugin(api, flight);
    const { versions } = await api("plugins.list", { params: name });
    ensure(versions.length === 1 && versions[0]?.tag === "v1", "v1 is not listed");
    return `${sizeBytes} B`;
  });
  const planned = await planRelease(api, flight, "release_flight");
  await list.step("A8 plan a complete release", async () => {
    ensure(planned.status === "ready" && planned.targets.length === 2, `status ${planned.status}`);
    return `${planned.releaseId} is ready`;
  });
  await list.step("A9 carry it out", async () => {
    await carryOut(api, planned.releaseId);
    return afterRelease(platform, flight);
  });
  await list.step("A10 expand", async () => {
    const inTraffic = await expand(api, flight);
    ensure(
      addresses.every((address) => inTraffic.includes(address)),
      `in traffic: ${inTraffic.join(", ")}`,
    );
    const { instances } = await api("instances.list", { params: name });
    ensure(
      instances.every((i) => i.status === "enabled"),
      "not all are enabled",
    );
    return inTraffic.join(", ");
  });
  await list.step("A11 call it", async () => callFlight(platform));
  await list.step("A12 see its metrics", async () => {
    const wanted = ["frm.rpc requests", "frm.ctrl start-up worker"];
    return waitFor(`metrics ${wanted.join(", ")}`, 60_000, async () => {
      const toMs = Date.now() + 5_000;
      const query = { service: formatServiceName(name), fromMs: toMs - 600_000, toMs };
      const seen = (await api("metrics.attributes", { query })).attributes.map((a) => a.attribute);
      return wanted.every((attribute) => seen.includes(attribute)) ? `${seen.length} attributes` : undefined;
    });
  });
}

async function developmentProject(api: ApiClient, flight: Deployment): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "msec-demo-project-"));
  try {
    const made = createProject({
      service: formatServiceName(flight.name),
      directory,
      port: flight.port,
      packageSpec: () => "0.1.0",
    });
    const { content } = await api("idls.get", { params: { ...flight.name, tag: "v1" } });
    const own = openProject(made);
    const [proto] = own.protoFiles;
    ensure(proto !== undefined && readFileSync(proto, "utf8").length > 0, "the project has no interface");
    ensure(content.includes("rpc queryFlight"), "the saved interface is not the one of Flight");
    return `${generateProject(own).length} interface generated in a new project`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function afterRelease(platform: Platform, flight: Deployment): Promise<string> {
  const service = formatServiceName(flight.name);
  const { instances } = await platform.api("instances.list", { params: flight.name });
  ensure(
    instances.every((i) => /^\d{8}release_flight$/.test(i.releaseMemo)),
    `memo ${instances[0]?.releaseMemo}`,
  );
  ensure(
    instances.every((i) => i.status === "disabled"),
    "a release must not put instances into traffic",
  );
  const titles = platform.machines.flatMap(({ home }) => {
    const host = readHost(home, service);
    return host ? [host.pid, ...host.workers.map((w) => w.pid)].map(processTitle) : [];
  });
  const wanted = service.replace(".", "_");
  ensure(titles.filter((t) => t === `srpc_${wanted}_ctrl`).length === 2, `titles ${titles.join(", ")}`);
  ensure(titles.filter((t) => t === `srpc_${wanted}_worker`).length >= 2, `titles ${titles.join(", ")}`);
  return `${titles.length} processes srpc_${wanted}_*, memo ${instances[0]?.releaseMemo}`;
}

function processTitle(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0]?.trim() ?? "";
}

async function callFlight(platform: Platform): Promise<string> {
  const client = connect({ caller: "demo.tester", home: platform.machines[0]?.home ?? "" });
  try {
    const ask = (password: string) =>
      client.call(FlightService.methods.queryFlight, "Flight.mod_flight", {
        name: "bison",
        password,
        departureCity: "sz",
        destinationCity: "xz",
      });
    const good = await ask("123456");
    ensure(good.errcode === 0 && good.errmsg === "success", `answered ${good.errcode} ${good.errmsg}`);
    const bad = await ask("wrong");
    ensure(bad.errcode === -1 && bad.errmsg === "invalid user", `answered ${bad.errcode} ${bad.errmsg}`);
    return `${good.flightsInfo}; wrong password: ${bad.errcode} ${bad.errmsg}`;
  } finally {
    client.close();
  }
}

/** The second service, which calls the first by its name. */
export async function secondService(list: Checklist, platform: Platform, web: Deployment): Promise<void> {
  await list.step("a second service that calls the first by name", async () => {
    await deploy(platform.api, web, "release_web");
    const [address] = addressesOf(web);
    const url = `http://${address}/?methodName=web.WebService.search`;
    const body = JSON.stringify({ user: "bison", password: "123456", from: "sz", to: "xz" });
    const answer = await fetch(url, { method: "POST", body });
    const { ret, resultObj } = (await answer.json()) as { ret: number; resultObj?: { found?: boolean; text?: string } };
    ensure(ret === 0 && resultObj?.found === true, `answered ${ret} ${JSON.stringify(resultObj)}`);
    return `POST JSON to ${address}: ${resultObj.text}`;
  });
}

/** A client of its own, so that a restarted console is asked anew. */
export function freshApi(platform: Platform): ApiClient {
  return createApiClient({ baseUrl: platform.url, token: platform.token });
}
