/**
 * Tells of changes in a project's folder, once per burst. Folders are watched one by one: the recursive watch of Node 20 loses a file
 * that was replaced by another of its name, which is how many editors save.
 */
import { type FSWatcher, readdirSync, watch } from "node:fs";
import { join } from "node:path";

/** An editor that saves makes several events within a few ms. */
const SETTLE_MS = 10;
/** Output of our own. */
const OWN_OUTPUT = /^(dist|\.msec|node_modules|\.git)(\/|$)|(^|\/)gen(\/|$)/;
/** What editors keep beside a file while it is open: backups, swap and lock files, and vim's test whether it may write. */
const LEFT_BY_EDITORS = /(^|\/)(\.#[^/]*|#[^/]*#|\.[^/]*\.sw[a-z]|[^/]*~|4913|[^/]*___jb_(tmp|old)___)$/;

/** Files below the project's folder, as paths relative to it. Output of our own is left out. @returns ends it */
export function watchProject(directory: string, onChange: (files: ReadonlySet<string>) => void): () => void {
  const watched = new WatchedFolders(directory, onChange);
  watched.add("");
  return () => watched.close();
}

class WatchedFolders {
  readonly #directory: string;
  readonly #onChange: (files: ReadonlySet<string>) => void;
  /** By path relative to the project; "" = the project itself. */
  readonly #watchers = new Map<string, FSWatcher>();
  #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string, onChange: (files: ReadonlySet<string>) => void) {
    this.#directory = directory;
    this.#onChange = onChange;
  }

  /** With the folders in it. @returns the files in all of them; none if it is no folder, or gone meanwhile */
  add(folder: string): string[] {
    const path = join(this.#directory, folder);
    try {
      const watcher = watch(path, (event, name) => name !== null && this.#onEvent(event, join(folder, name)));
      watcher.on("error", () => this.#drop(folder));
      this.#watchers.set(folder, watcher);
      // After the watch has begun: what comes into the folder meanwhile is found twice rather than never.
      const entries = readdirSync(path, { withFileTypes: true }).filter(({ name }) => !isIgnored(join(folder, name)));
      return entries.flatMap((entry) => {
        const inside = join(folder, entry.name);
        return entry.isDirectory() ? this.add(inside) : [inside];
      });
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#drop(folder);
      return [];
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #onEvent(event: string, path: string): void {
    if (isIgnored(path)) return;
    this.#changed.add(path);
    // Something came, went, or is another thing than before under the same name.
    if (event === "rename") {
      this.#drop(path);
      for (const file of this.add(path)) this.#changed.add(file);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), SETTLE_MS);
  }

  #tell(): void {
    const files = this.#changed;
    this.#changed = new Set();
    this.#onChange(files);
  }

  #drop(folder: string): void {
    for (const [path, watcher] of this.#watchers) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
  }
}

function isIgnored(path: string): boolean {
  return OWN_OUTPUT.test(path) || LEFT_BY_EDITORS.test(path);
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
