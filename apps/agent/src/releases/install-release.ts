/** `release.install`: a release directory appears whole or not at all; nothing that runs is touched. */
import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { type Clock, type HomePaths, parseServiceName, type ServiceHomePaths } from "@msec/core";
import type { OrderAction } from "@msec/protocol";
import type { ConsoleRequester } from "../console-link/console-link.js";
import { ArchiveInvalid, ReleaseConflict } from "../errors.js";
import { syncDirectory, writeFileAtomic } from "../files/atomic-file.js";
import type { OrderOutcome, ReportStep } from "../orders/order-desk.js";
import { fetchBlob, type WantedBlob } from "./fetch-blob.js";
import { makeTemporary, type ReleaseInfo, sweepTemporaries, tryReadRelease } from "./release-directory.js";
import { unpackPlugin } from "./unpack-plugin.js";

const MAX_PLUGIN_BYTES = 200 << 20;
const MAX_CONFIG_BYTES = 4 << 20;

export type InstallAction = Extract<OrderAction, { op: "release.install" }>;

export interface InstallDeps {
  readonly paths: HomePaths;
  readonly console: ConsoleRequester;
  readonly clock: Clock;
  /** Package directory of the SDK that runs plug-ins. */
  readonly sdkDir: string;
}

/** @throws REL_*; nothing is left of a failed install */
export async function installRelease(
  action: InstallAction,
  deps: InstallDeps,
  report: ReportStep,
): Promise<OrderOutcome> {
  const { service, releaseId, plugin, config } = action;
  checkSizes(action);
  const own = deps.paths.service(parseServiceName(service));
  const installed = tryReadRelease(own, releaseId);
  if (installed) {
    if (installed.pluginSha256 !== plugin.sha256 || installed.configSha256 !== config.sha256)
      throw new ReleaseConflict({ service, releaseId });
    return { text: `${releaseId} is installed already`, previousReleaseId: "" };
  }
  mkdirSync(own.releases, { recursive: true, mode: 0o700 });
  sweepTemporaries(own);
  const temporary = makeTemporary(own, releaseId);
  try {
    await buildRelease(action, { ...deps, temporary }, report);
    publish(own, releaseId, temporary);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  report("installed", releaseId);
  return { text: `${releaseId} installed`, previousReleaseId: "" };
}

/** Both blobs are fetched and verified before anything is unpacked. */
async function buildRelease(
  action: InstallAction,
  deps: InstallDeps & { readonly temporary: string },
  report: ReportStep,
): Promise<void> {
  const { service, releaseId, plugin, config } = action;
  const { temporary } = deps;
  const archive = `${temporary}/plugin.tgz`;
  mkdirSync(`${temporary}/etc`, { mode: 0o700 });
  await fetch({ field: "plug-in", ...plugin, path: archive }, deps, report);
  await fetch({ field: "configuration", ...config, path: `${temporary}/etc/config.ini` }, deps, report);
  report("unpack", `plug-in ${plugin.tag}`);
  mkdirSync(`${temporary}/plugin`, { mode: 0o700 });
  const manifest = await unpackPlugin(archive, `${temporary}/plugin`);
  if (manifest.service !== service)
    throw new ArchiveInvalid({ problem: `it is a plug-in of ${manifest.service}, not of ${service}` });
  rmSync(archive);
  const info: ReleaseInfo = {
    releaseId,
    service,
    pluginTag: plugin.tag,
    configTag: config.tag,
    pluginSha256: plugin.sha256,
    configSha256: config.sha256,
    installedAtMs: deps.clock.nowMs(),
  };
  writeFileAtomic(`${temporary}/release.json`, `${JSON.stringify(info, undefined, 2)}\n`);
  writeFileAtomic(`${temporary}/package.json`, `${JSON.stringify({ private: true, type: "module" })}\n`);
  mkdirSync(`${temporary}/node_modules/@msec`, { recursive: true, mode: 0o700 });
  symlinkSync(deps.sdkDir, `${temporary}/node_modules/@msec/sdk`);
}

async function fetch(
  wanted: WantedBlob & { readonly path: string },
  deps: InstallDeps,
  report: ReportStep,
): Promise<void> {
  report("fetch", `${wanted.field}, ${wanted.sizeBytes} B`);
  let told = 0;
  await fetchBlob(deps, wanted, (doneBytes) => {
    const tenths = Math.floor((doneBytes * 10) / wanted.sizeBytes);
    if (wanted.sizeBytes < 4 << 20 || tenths <= told) return;
    told = tenths;
    report("fetch", `${wanted.field}, ${tenths * 10} %`);
  });
}

function publish(own: ServiceHomePaths, releaseId: string, temporary: string): void {
  syncDirectory(temporary);
  const target = own.release(releaseId);
  rmSync(target, { recursive: true, force: true }); // without release.json: not a release, tryReadRelease said so
  renameSync(temporary, target);
  syncDirectory(own.releases);
}

function checkSizes({ plugin, config }: InstallAction): void {
  if (plugin.sizeBytes > MAX_PLUGIN_BYTES)
    throw new ArchiveInvalid({ problem: `it has ${plugin.sizeBytes} B, at most ${MAX_PLUGIN_BYTES} are allowed` });
  if (config.sizeBytes > MAX_CONFIG_BYTES)
    throw new ArchiveInvalid({
      problem: `its configuration has ${config.sizeBytes} B, at most ${MAX_CONFIG_BYTES} are allowed`,
    });
}
