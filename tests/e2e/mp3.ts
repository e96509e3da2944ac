/** The services of examples/mp3 and what they call, on the machines of a test platform, through the public API. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createWebServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { buildPlugin, openProject } from "@msec/cli";
import { parseServiceName } from "@msec/core";
import { type JsoupStub, startJsoupStub } from "@msec/example-mp3-jsoup-stub";
import { type Mariadb, startMariadb, type TestScope } from "@msec/testkit";
import { type Connection, createConnection } from "mysql2/promise";
import { releaseEnd } from "./flight.js";
import { exampleDirectory } from "./msec-cli.js";
import type { TestMachine, TestPlatform } from "./test-platform.js";

export const MAIN_LOGIC = "VOA_ts.MainLogic";
export const CRAWL = "VOA_ts.Crawl";
export const JSOUP = "Jsoup.jsoup";
export const DATABASE = "Database.mysql";

const PROJECTS = { [MAIN_LOGIC]: "mp3/main-logic", [CRAWL]: "mp3/crawl" } as const;
export type Mp3Service = keyof typeof PROJECTS;

/** A web server of recordings. @returns the address of one with this title */
export async function startRecordings(scope: TestScope): Promise<(title: string) => string> {
  const server = createWebServer((request, response) => {
    if (request.url === "/gone") response.writeHead(404);
    response.end(`sound of ${request.url}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scope.add(() => server.close());
  const { port } = server.address() as AddressInfo;
  return (title) => `http://127.0.0.1:${port}/${encodeURIComponent(title)}`;
}

/** Jsoup with these titles. */
export async function startJsoup(
  scope: TestScope,
  urlOf: (title: string) => string,
  titles: Readonly<Record<"standard" | "special", readonly string[]>>,
): Promise<JsoupStub> {
  const listOf = (of: readonly string[]) => of.map((title) => ({ title, url: urlOf(title) }));
  const stub = await startJsoupStub({
    lists: { standard: listOf(titles.standard), special: listOf(titles.special) },
  });
  scope.add(() => stub.close());
  return stub;
}

/** A MariaDB with the table of MainLogic, and a connection to look into it. */
export async function startRecordingDatabase(scope: TestScope): Promise<{ mariadb: Mariadb; looking: Connection }> {
  const mariadb = await startMariadb(scope, { database: "msec_test_ts_db" });
  const { host, port, user, password, database } = mariadb;
  const looking = await createConnection({ host, port, user, password, database });
  looking.on("error", () => undefined); // the server may be stopped before
  scope.add(() => looking.destroy());
  await looking.query(readFileSync(join(exampleDirectory("mp3/main-logic"), "schema.sql"), "utf8"));
  return { mariadb, looking };
}

/** An address at which nobody should ever call. */
export async function startDecoy(scope: TestScope): Promise<{ readonly address: string; readonly accepted: number }> {
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scope.add(() => server.close());
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    get accepted() {
      return accepted;
    },
  };
}

export interface ExternalService {
  readonly service: string;
  /** Put into traffic. */
  readonly addresses: readonly string[];
  /** Registered, out of traffic. */
  readonly disabled?: readonly string[];
}

/** Registers foreign programs under a name. The group must not exist yet. */
export async function addExternal(platform: TestPlatform, external: ExternalService): Promise<void> {
  const { api } = platform;
  const { service, addresses, disabled = [] } = external;
  const params = parseServiceName(service);
  await api("groups.create", { body: { name: params.first, kind: "external" } });
  await api("services.create", { body: params });
  await api("instances.create", { params, body: { addresses: [...addresses, ...disabled] } });
  await capacity(platform, service, "expand", addresses);
}

/** Expands or shrinks, and holds that every agent that is online knows. */
export async function capacity(
  platform: TestPlatform,
  service: string,
  action: "expand" | "shrink",
  addresses: readonly string[],
): Promise<void> {
  const body = { action, addresses: [...addresses], allowEmpty: true };
  const result = await platform.api("capacity.change", { params: parseServiceName(service), body });
  if (result.agentsTold !== result.agentsOnline)
    throw new Error(`only ${result.agentsTold} of ${result.agentsOnline} agents know the ${action} of ${service}`);
}

export interface StandardService {
  readonly service: Mp3Service;
  readonly machines: readonly TestMachine[];
  readonly config: string;
}

/** Adds a service of the example with config and plug-in `v1` and releases it; nothing is put into traffic. @returns its addresses */
export async function release(platform: TestPlatform, standard: StandardService): Promise<readonly string[]> {
  const { api } = platform;
  const { service, machines, config } = standard;
  const params = parseServiceName(service);
  const { groups } = await api("services.list");
  if (!groups.some((group) => group.name === params.first))
    await api("groups.create", { body: { name: params.first, kind: "standard" } });
  const port = await platform.servicePort(machines);
  await api("services.create", { body: { ...params, port } });
  await api("instances.create", { params, body: { hosts: machines.map((machine) => machine.address) } });
  const built = await buildPlugin(
    openProject(exampleDirectory(PROJECTS[service])),
    join(platform.root, `${service}.tgz`),
  );
  await api("plugins.upload", { params: { ...params, tag: "v1" }, query: {}, body: readFileSync(built.file) });
  const addresses = machines.map((machine) => `${machine.address}:${port}`);
  await releaseConfig(platform, service, { tag: "v1", config, addresses });
  return addresses;
}

/** Saves a config version and releases it with plug-in `v1`. */
export async function releaseConfig(
  platform: TestPlatform,
  service: Mp3Service,
  version: { readonly tag: string; readonly config: string; readonly addresses: readonly string[] },
): Promise<void> {
  const params = parseServiceName(service);
  const { tag, config, addresses } = version;
  await platform.api("configs.create", { params, body: { tag, content: config } });
  const body = { configTag: tag, pluginTag: "v1", addresses: [...addresses], start: true };
  const { releaseId } = await platform.api("releases.create", { params, body });
  const { status, targets } = await releaseEnd(platform, releaseId);
  if (status !== "succeeded") throw new Error(`release ended as ${status}: ${targets.map((t) => t.error).join("; ")}`);
}
