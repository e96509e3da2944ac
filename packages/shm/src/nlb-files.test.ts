/** Bytes, permissions, inodes and foreign agents are in tests/conformance/nlb-files.test.ts. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NLB_SERVERS_FILE_BYTES, NLB_WORD, type NlbServersView } from "@msec/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { groupIdOf } from "./nlb-access.js";
import {
  createNlbFiles,
  listNlbServices,
  type NlbFiles,
  nlbServiceDirectory,
  openNlbFiles,
  openNlbFilesToGroup,
} from "./nlb-files.js";
import { tryLockFile } from "./nlb-lock.js";

const SERVICE = "Login.ptlogin";

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "msec-nlb-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

const fill = (table: NlbServersView): void => {
  table.setServer(0, { host: "10.1.2.3", ports: [80], transport: "tcp", weight: 100 });
  table.setWord(NLB_WORD.serverNum, 1);
};
const create = (directory: string, service = SERVICE): NlbFiles =>
  createNlbFiles(directory, service, { mtimeMs: 1, fill });

const reasonOf = (work: () => unknown): string => {
  try {
    work();
    return "none";
  } catch (error) {
    return (error as { reason?: string }).reason ?? String(error);
  }
};

describe("naming files", () => {
  it("are the same memory for all who open them", () => {
    const directory = makeDirectory();
    const [one, other] = [create(directory), openNlbFiles(directory, SERVICE)];
    one.servers[0].addCounters(0, { failed: 1, success: 2, cost: 3n });
    one.meta.index = 1;
    expect([other.servers[0].failed(0), other.servers[0].cost(0), other.meta.index]).toEqual([1, 3n, 1]);
  });

  it("take blocks on disk for what is used, and more when asked", () => {
    const directory = makeDirectory();
    const files = create(directory);
    const path = join(nlbServiceDirectory(directory, SERVICE), "servers.dat1");
    const blocks = (): number => statSync(path).blocks * 512;
    expect(blocks()).toBeLessThan(200_000);
    files.reserve(10_000);
    files.reserve(1);
    expect(blocks()).toBeGreaterThanOrEqual(NLB_SERVERS_FILE_BYTES - 4_096);
    expect(files.servers[1].host(0)).toBe("10.1.2.3");
  });

  it.each(["a/../b.c", "../x.y", "a.b.c", "a", "a/b.c", ".a.b", "a.\0b"])(
    "no name leads out of the directory: %j",
    (name) => {
      expect(reasonOf(() => create(makeDirectory(), name))).toBe("NAME_INVALID");
    },
  );

  it.each([
    { name: "nothing there", damage: (place: string) => rmSync(place, { recursive: true }), want: "SHM_FILE_MISSING" },
    { name: "a table missing", damage: (place: string) => rmSync(`${place}/servers.dat1`), want: "SHM_FILE_MISSING" },
    {
      name: "a table too short",
      damage: (place: string) => shorten(`${place}/servers.dat0`, -1),
      want: "SHM_FILE_TOO_SHORT",
    },
    {
      name: "a table too long",
      damage: (place: string) => shorten(`${place}/servers.dat0`, 1),
      want: "SHM_LAYOUT_INVALID",
    },
    { name: "an empty meta", damage: (place: string) => exchange(`${place}/meta.dat`), want: "SHM_FILE_TOO_SHORT" },
  ])("are not opened: $name", ({ damage, want }) => {
    const directory = makeDirectory();
    const place = nlbServiceDirectory(directory, SERVICE);
    create(directory);
    damage(place);
    expect(reasonOf(() => openNlbFiles(directory, SERVICE))).toBe(want);
    create(directory);
    expect(openNlbFiles(directory, SERVICE).servers[1].host(0)).toBe("10.1.2.3");
  });

  it("are not opened while somebody holds the lock", () => {
    const directory = makeDirectory();
    create(directory);
    const lock = tryLockFile(join(nlbServiceDirectory(directory, SERVICE), "meta.lock"));
    expect(reasonOf(() => openNlbFiles(directory, SERVICE))).toBe("SHM_LOCK_BUSY");
    expect(reasonOf(() => create(directory))).toBe("SHM_LOCK_BUSY");
    lock?.close();
    expect(reasonOf(() => openNlbFiles(directory, SERVICE))).toBe("none");
  });

  it("are never written through a link", () => {
    const directory = makeDirectory();
    const place = nlbServiceDirectory(directory, SERVICE);
    const target = join(directory, "target");
    writeFileSync(target, "precious");
    mkdirSync(place, { recursive: true });
    symlinkSync(target, join(place, "servers.dat0"));
    expect(reasonOf(() => create(directory))).toContain("ELOOP");
    expect(readFileSync(target, "utf8")).toBe("precious");
  });

  it("are found by name, what else lies there is not", () => {
    const directory = makeDirectory();
    for (const service of ["Login.ptlogin", "Login.check", "VOA.Crawl"]) create(directory, service);
    mkdirSync(join(directory, "VOA", "not-a-name"));
    writeFileSync(join(directory, ".zk_client_id"), "");
    expect(listNlbServices(directory)).toEqual(["Login.check", "Login.ptlogin", "VOA.Crawl"]);
    expect(listNlbServices(join(directory, "none"))).toEqual([]);
  });

  it("of an old agent are given to the group", () => {
    const directory = makeDirectory();
    create(directory);
    const place = nlbServiceDirectory(directory, SERVICE);
    chmodSync(join(place, "meta.dat"), 0o644);
    chmodSync(place, 0o644);
    openNlbFilesToGroup(directory, SERVICE, process.getgid?.());
    expect([statSync(place).mode & 0o7777, statSync(join(place, "meta.dat")).mode & 0o7777]).toEqual([0o2750, 0o660]);
  });

  it("leave a directory alone that is somebody else's", () => {
    const directory = makeDirectory();
    writeFileSync(join(directory, "other"), "");
    chmodSync(directory, 0o755);
    create(directory);
    expect(statSync(directory).mode & 0o7777).toBe(0o755);
    expect(statSync(join(directory, "Login")).mode & 0o7777).toBe(0o2750);
  });

  it("tell when they were exchanged", () => {
    const directory = makeDirectory();
    const files = create(directory);
    expect(files.isReplaced()).toBe(false);
    rmSync(nlbServiceDirectory(directory, SERVICE), { recursive: true });
    expect(files.isReplaced()).toBe(true);
    create(directory);
    expect([files.isReplaced(), openNlbFiles(directory, SERVICE).isReplaced()]).toEqual([true, false]);
  });
});

/** Makes a file anew, so that no mapping of it is cut off. */
function shorten(path: string, byBytes: number): void {
  rmSync(path);
  writeFileSync(path, "");
  truncateSync(path, NLB_SERVERS_FILE_BYTES + byBytes);
}

function exchange(path: string): void {
  rmSync(path);
  writeFileSync(path, "");
}

describe("groups", () => {
  it("are known by name or number; an empty name is the process's own", () => {
    const path = join(makeDirectory(), "group");
    writeFileSync(path, "root:x:0:\nmsec:x:4711:alice,bob\n");
    expect([groupIdOf("msec", path), groupIdOf("12", path), groupIdOf("", path)]).toEqual([4711, 12, undefined]);
    expect(reasonOf(() => groupIdOf("mse", path))).toBe("SHM_ARGUMENT_INVALID");
    expect(existsSync(path)).toBe(true);
  });
});
