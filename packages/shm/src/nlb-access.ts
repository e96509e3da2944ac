/**
 * Who may use the naming files: the owner and one group, nobody else. Directories can't be written by the group: whoever may
 * replace a file there could lead the agent, which may be root, to write to another one.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  fchmodSync,
  fchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
} from "node:fs";
import { join } from "node:path";
import { SharedArgumentInvalid } from "./errors.js";

/** Set-group-id, so that what is made inside belongs to the group too. */
const DIRECTORY_MODE = 0o2750;
const FILE_MODE = 0o660;
const GROUPS_FILE = "/etc/group";

/**
 * Id of a group by its name, or of a number as text; `undefined` for "": the group of the process.
 *
 * @throws {SharedArgumentInvalid} there is no such group
 */
export function groupIdOf(name: string, groupsFile = GROUPS_FILE): number | undefined {
  if (name === "") return undefined;
  if (/^\d{1,9}$/.test(name)) return Number(name);
  for (const line of readFileSync(groupsFile, "utf8").split("\n")) {
    const [group, , id] = line.split(":");
    if (group === name && id !== undefined) return Number(id);
  }
  throw new SharedArgumentInvalid({ field: "group", value: name, rule: `a group of ${groupsFile}, or its number` });
}

/** Makes a directory for the group, or gives the group one that is there. Parents of a new one are ordinary directories. */
export function openGroupDirectory(path: string, groupId: number | undefined): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  ifPermitted(() => {
    if (groupId !== undefined) chownSync(path, -1, groupId);
    chmodSync(path, DIRECTORY_MODE);
  });
}

/**
 * The same for the directory that holds all services, unless it is somebody else's: one that was there, has content and was
 * never an agent's stays as it is.
 *
 * @param lockName of the file that agents lock there
 */
export function openBaseDirectory(path: string, lockName: string, groupId: number | undefined): void {
  const isForeign = existsSync(path) && !existsSync(join(path, lockName)) && readdirSync(path).length > 0;
  if (!isForeign) openGroupDirectory(path, groupId);
}

/** Gives an open file to the group. */
export function openToGroup(fd: number, groupId: number | undefined): void {
  ifPermitted(() => {
    if (groupId !== undefined) fchownSync(fd, -1, groupId);
    fchmodSync(fd, FILE_MODE);
  });
}

/** What belongs to another user stays as it is: whoever made it decided about it. */
function ifPermitted(change: () => void): void {
  try {
    change();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
  }
}
