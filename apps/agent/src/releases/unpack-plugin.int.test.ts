import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ArchiveEntry, makeArchive, makePlugin, SERVICE } from "../testing/plugin-fixture.js";
import { unpackPlugin } from "./unpack-plugin.js";

const manifest: ArchiveEntry = {
  name: "msec.json",
  content: JSON.stringify({ formatVersion: 1, service: SERVICE, main: "service.js" }),
};
const main: ArchiveEntry = { name: "service.js", content: "1" };

describe("unpackPlugin", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "msec-unpack-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  async function unpack(archive: Uint8Array, limits = { maxEntries: 10, maxBytes: 100_000 }) {
    writeFileSync(`${root}/a.tgz`, archive);
    const target = mkdtempSync(join(root, "target-"));
    return { target, manifest: await unpackPlugin(`${root}/a.tgz`, target, limits) };
  }

  it("unpacks files and directories, private to the owner", async () => {
    const { target, manifest: read } = await unpack(await makePlugin("export default 1;"));
    expect(read).toMatchObject({ service: SERVICE, main: "service.js" });
    expect(readFileSync(`${target}/service.js`, "utf8")).toBe("export default 1;");
    expect(readFileSync(`${target}/idl/hello.proto`, "utf8")).toBe("package t;");
    expect(statSync(`${target}/service.js`).mode & 0o777).toBe(0o600);
  });

  it.each<{ name: string; entries: ArchiveEntry[]; problem: string }>([
    { name: "a path upward", entries: [{ name: "../evil", content: "x" }], problem: "dotted parts" },
    { name: "a path upward inside", entries: [{ name: "a/../../evil", content: "x" }], problem: "dotted parts" },
    { name: "an absolute path", entries: [{ name: "/tmp/evil", content: "x" }], problem: "absolute" },
    { name: "a backslash", entries: [{ name: "..\\evil", content: "x" }], problem: "backslash" },
    { name: "a symbolic link", entries: [{ name: "l", type: "symlink", linkname: "/etc/passwd" }], problem: "symlink" },
    { name: "a hard link", entries: [{ name: "l", type: "link", linkname: "/etc/passwd" }], problem: "is a link" },
    { name: "a file twice", entries: [main, main], problem: "comes twice" },
    { name: "no manifest", entries: [main], problem: "msec.json" },
    { name: "no main file", entries: [manifest], problem: "main file" },
    {
      name: "too many entries",
      entries: Array.from({ length: 11 }, (_, index) => ({ name: `f${index}`, content: "" })),
      problem: "more than 10 entries",
    },
    {
      name: "too much when unpacked",
      entries: [manifest, { name: "service.js", content: "0".repeat(200_000) }],
      problem: "more than 100000 B",
    },
  ])("refuses $name", async ({ entries, problem }) => {
    const archive = await makeArchive(entries);
    await expect(unpack(archive)).rejects.toMatchObject({
      reason: "REL_ARCHIVE_INVALID",
      message: expect.stringContaining(problem),
    });
  });

  it.each([
    { name: "no gzip", bytes: Buffer.from("hello") },
    { name: "nothing", bytes: Buffer.alloc(0) },
  ])("refuses $name", async ({ bytes }) => {
    await expect(unpack(bytes)).rejects.toMatchObject({ reason: "REL_ARCHIVE_INVALID" });
  });

  it("refuses an archive that was cut off", async () => {
    const archive = await makePlugin("x".repeat(5_000));
    await expect(unpack(archive.subarray(0, archive.length - 30))).rejects.toMatchObject({
      reason: "REL_ARCHIVE_INVALID",
    });
  });
});
