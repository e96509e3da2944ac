/** Everything between an empty service and one in traffic, through the public API. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ApiClient, Release } from "@msec/api-schema";
import { buildPlugin, openProject } from "@msec/cli";
import { formatServiceName, type ServiceName } from "@msec/core";
import { ensure, waitFor } from "./checklist.js";

export interface Deployment {
  readonly name: ServiceName;
  readonly port: number;
  /** Project folder. */
  readonly project: string;
  readonly idlFile: string;
  readonly hosts: readonly string[];
}

export const addressesOf = (deployment: Deployment) => deployment.hosts.map((host) => `${host}:${deployment.port}`);

export async function addService(api: ApiClient, { name, port, hosts }: Deployment): Promise<void> {
  await api("services.create", { body: { ...name, port, language: "typescript" } });
  await api("instances.create", { params: name, body: { hosts: [...hosts] } });
}

export async function saveTexts(api: ApiClient, { name, project, idlFile }: Deployment): Promise<void> {
  const config = readFileSync(join(project, "etc/config.ini"), "utf8");
  await api("configs.create", { params: name, body: { tag: "v1", content: config, memo: "first" } });
  const idl = readFileSync(join(project, idlFile), "utf8");
  await api("idls.create", { params: name, body: { tag: "v1", content: idl, memo: "first" } });
}

export async function uploadPlugin(api: ApiClient, { name, project }: Deployment): Promise<number> {
  const built = await buildPlugin(openProject(project));
  const params = { ...name, tag: "v1" };
  await api("plugins.upload", { params, query: { memo: "first" }, body: readFileSync(built.file) });
  return built.sizeBytes;
}

export async function planRelease(api: ApiClient, deployment: Deployment, memo: string): Promise<Release> {
  const body = { configTag: "v1", pluginTag: "v1", idlTag: "v1", addresses: addressesOf(deployment), memo };
  return api("releases.create", { params: deployment.name, body });
}

/** Starts a planned release and waits for its end. @throws when it did not succeed on every machine */
export async function carryOut(api: ApiClient, releaseId: string): Promise<Release> {
  await api("releases.start", { params: { releaseId }, body: {} });
  const ended = await waitFor(`end of ${releaseId}`, 90_000, async () => {
    const release = await api("releases.get", { params: { releaseId } });
    return release.status === "running" ? undefined : release;
  });
  const errors = ended.targets.map((target) => target.error).filter((error) => error !== null);
  ensure(ended.status === "succeeded", `release ${releaseId} ended as ${ended.status}: ${errors.join("; ")}`);
  return ended;
}

export async function expand(api: ApiClient, deployment: Deployment): Promise<readonly string[]> {
  const body = { action: "expand" as const, addresses: addressesOf(deployment) };
  const result = await api("capacity.change", { params: deployment.name, body });
  ensure(
    result.agentsTold === result.agentsOnline,
    `only ${result.agentsTold} of ${result.agentsOnline} agents know that ${formatServiceName(deployment.name)} is in traffic`,
  );
  return result.inTraffic;
}

/** All steps at once. */
export async function deploy(api: ApiClient, deployment: Deployment, memo: string): Promise<void> {
  await addService(api, deployment);
  await saveTexts(api, deployment);
  await uploadPlugin(api, deployment);
  await carryOut(api, (await planRelease(api, deployment, memo)).releaseId);
  await expand(api, deployment);
}
