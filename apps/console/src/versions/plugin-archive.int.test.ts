import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, manifest, tgz } from "../testing/plugin-archive-fixture.js";
import { checkPluginArchive, MAX_ENTRIES, MAX_UNPACKED_BYTES } from "./plugin-archive.js";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "msec-archive-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function check(archive: Uint8Array) {
  const path = join(directory, "archive.tgz");
  await writeFile(path, archive);
  return checkPluginArchive(path, "Flight.mod_flight");
}
const file = (name: string, content = "x") => ({ header: { name }, content });

describe("checkPluginArchive", () => {
  it("gives the manifest of a good archive, with or without ./ before the names", async () => {
    const value = { formatVersion: 1, service: "Flight.mod_flight", main: "service.js" };
    expect(await check(await tgz([manifest(), MAIN, file("idl/flight.proto")]))).toEqual(value);
    const dotted = [
      { header: { name: "./", type: "directory" as const } },
      { ...manifest(), header: { name: "./msec.json" } },
    ];
    expect(await check(await tgz([...dotted, file("./service.js")]))).toEqual(value);
  });

  it.each([
    ["a path that leads out", [file("../evil.js")]],
    ["a path that leads out in the middle", [file("a/../../evil.js")]],
    ["an absolute path", [file("/etc/passwd")]],
    ["a backslash", [file("a\\b.js")]],
    ["a control character", [file("a\nb.js")]],
    ["a path of 201 characters", [file(`${"a/".repeat(100)}bc`)]],
    ["a symbolic link", [{ header: { name: "link", type: "symlink" as const, linkname: "/etc/passwd" } }]],
    ["a hard link", [{ header: { name: "link", type: "link" as const, linkname: "service.js" } }]],
    ["a device", [{ header: { name: "null", type: "character-device" as const } }]],
    ["a name twice", [file("a.js"), file("./a.js")]],
  ])("refuses %s", async (_, entries) => {
    const archive = await tgz([manifest(), MAIN, ...entries]);
    await expect(check(archive)).rejects.toMatchObject({ reason: "CON_PLUGIN_ENTRY_REFUSED" });
  });

  it.each([
    ["no JSON", { ...manifest(), content: "{" }, "CON_PLUGIN_MANIFEST_INVALID"],
    ["another version", manifest({ formatVersion: 2 }), "CON_PLUGIN_MANIFEST_INVALID"],
    ["no service", manifest({ service: 7 }), "CON_PLUGIN_MANIFEST_INVALID"],
    ["too long", { ...manifest(), content: " ".repeat(70_000) }, "CON_PLUGIN_MANIFEST_INVALID"],
    ["another service", manifest({ service: "Flight.other" }), "CON_PLUGIN_SERVICE_MISMATCH"],
    ["a main file that is not there", manifest({ main: "main.js" }), "CON_PLUGIN_MAIN_MISSING"],
  ])("refuses a manifest with %s", async (_, entry, reason) => {
    await expect(check(await tgz([entry, MAIN]))).rejects.toMatchObject({ reason });
  });

  it("refuses more entries than the limit", async () => {
    const many = Array.from({ length: MAX_ENTRIES - 1 }, (_, i) => file(`f${i}`, ""));
    await expect(check(await tgz([manifest(), MAIN, ...many]))).rejects.toMatchObject({
      reason: "CON_PLUGIN_TOO_MANY_ENTRIES",
    });
  });

  it("refuses a small archive that unpacks to a huge one", async () => {
    const zeros = gzipSync(new Uint8Array(64 << 20), { level: 1 });
    const header = (await tgz([manifest(), MAIN])).subarray();
    const bomb = Buffer.concat([...Array(MAX_UNPACKED_BYTES / (64 << 20) + 1).fill(zeros)]);
    expect(bomb.length).toBeLessThan(10 << 20);
    await expect(check(Buffer.concat([header, bomb]))).rejects.toMatchObject({ reason: "CON_PLUGIN_TOO_LARGE" });
  });

  it.each([
    ["cut in the middle", async () => (await tgz([manifest(), MAIN])).subarray(0, 100)],
    ["gzip of something else", async () => gzipSync("hello ".repeat(1000))],
    ["a tar without gzip", async () => new Uint8Array(10_240)],
    ["an empty tar", () => tgz([])],
  ])("refuses %s", async (_, archive) => {
    await expect(check(await archive())).rejects.toMatchObject({ reason: "CON_PLUGIN_NOT_ARCHIVE" });
  });
});
