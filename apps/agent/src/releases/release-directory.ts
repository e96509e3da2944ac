/**
 * Releases of one service on disk. A release directory never changes once it has its name; `current` is a symbolic link that is
 * replaced by rename, so it always points to a whole release.
 *
 *   <home>/<First>/<Second>/releases/r-7/  plugin/ etc/config.ini release.json node_modules/@msec/sdk
 *   <home>/<First>/<Second>/releases/.tmp-…  an install that is under way or was cut off
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { basename } from "node:path";
import type { ServiceHomePaths } from "@msec/core";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { syncDirectory, tryReadJson } from "../files/atomic-file.js";

const RELEASE_PATTERN = /^r-[0-9]{1,12}$/;
const TEMPORARY_PREFIX = ".tmp-";

export const ReleaseInfo = Type.Object({
  releaseId: Type.String(),
  service: Type.String(),
  pluginTag: Type.String(),
  configTag: Type.String(),
  pluginSha256: Type.String(),
  configSha256: Type.String(),
  installedAtMs: Type.Integer(),
});
export type ReleaseInfo = Static<typeof ReleaseInfo>;

/** `release.json` of an installed release, or `undefined` when it is not installed. */
export function tryReadRelease(paths: ServiceHomePaths, releaseId: string): ReleaseInfo | undefined {
  const value = tryReadJson(`${paths.release(releaseId)}/release.json`);
  return Value.Check(ReleaseInfo, value) ? value : undefined;
}

/** The release that `current` points to, or `undefined`. */
export function tryActiveRelease(paths: ServiceHomePaths): string | undefined {
  try {
    const name = basename(readlinkSync(paths.current));
    return RELEASE_PATTERN.test(name) && existsSync(paths.current) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Points `current` to a release, or nowhere. */
export function switchCurrent(paths: ServiceHomePaths, releaseId: string | undefined): void {
  if (releaseId === undefined) {
    rmSync(paths.current, { force: true });
  } else {
    const temporary = `${paths.root}/.current-${randomBytes(6).toString("hex")}`;
    symlinkSync(`releases/${releaseId}`, temporary);
    renameSync(temporary, paths.current);
  }
  syncDirectory(paths.root);
}

/** A directory to build a release in. */
export function makeTemporary(paths: ServiceHomePaths, releaseId: string): string {
  const directory = `${paths.releases}/${TEMPORARY_PREFIX}${releaseId}-${randomBytes(6).toString("hex")}`;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** Removes what cut-off installs left. Not while one is under way. */
export function sweepTemporaries(paths: ServiceHomePaths): void {
  for (const name of listDirectory(paths.releases))
    if (name.startsWith(TEMPORARY_PREFIX)) rmSync(`${paths.releases}/${name}`, { recursive: true, force: true });
}

/** Installed releases, latest installation first. */
export function listReleases(paths: ServiceHomePaths): string[] {
  const installedAtMs = (releaseId: string) =>
    statSync(paths.release(releaseId), { throwIfNoEntry: false })?.birthtimeMs ?? 0;
  return listDirectory(paths.releases)
    .filter((name) => RELEASE_PATTERN.test(name))
    .map((name) => ({ name, atMs: tryReadRelease(paths, name)?.installedAtMs ?? installedAtMs(name) }))
    .toSorted((a, b) => b.atMs - a.atMs || Number(b.name.slice(2)) - Number(a.name.slice(2)))
    .map(({ name }) => name);
}

/** Deletes all but the latest releases and those in `kept`. @returns what was deleted */
export function pruneReleases(paths: ServiceHomePaths, keep: number, kept: readonly (string | undefined)[]): string[] {
  const doomed = listReleases(paths).filter((id, index) => index >= keep && !kept.includes(id));
  for (const releaseId of doomed) {
    // Renamed first: half a release must not look like one.
    const grave = `${paths.releases}/${TEMPORARY_PREFIX}${releaseId}-${randomBytes(6).toString("hex")}`;
    renameSync(paths.release(releaseId), grave);
    rmSync(grave, { recursive: true, force: true });
  }
  return doomed;
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
