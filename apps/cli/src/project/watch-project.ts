/** Tells of changes in a project's folder, once per burst. */
import { readdirSync, watch } from "node:fs";
import { join } from "node:path";

/** An editor that saves makes several events within a few ms. */
const SETTLE_MS = 10;
const OWN_OUTPUT = /^(dist|\.msec|node_modules|\.git)$/;
const GENERATED = /(^|\/)gen(\/|$)/;

/** Files below the project's folder, as paths relative to it. Output of our own is left out. @returns ends it */
export function watchProject(directory: string, onChange: (files: ReadonlySet<string>) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let changed = new Set<string>();
  const tell = (): void => {
    const files = changed;
    changed = new Set();
    onChange(files);
  };
  const onEvent = (folder: string, file: string | null): void => {
    if (file === null || OWN_OUTPUT.test(file) || GENERATED.test(file)) return;
    changed.add(join(folder, file));
    clearTimeout(timer);
    timer = setTimeout(tell, SETTLE_MS);
  };
  const folders = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !OWN_OUTPUT.test(entry.name))
    .map(({ name }) => watch(join(directory, name), { recursive: true }, (_event, file) => onEvent(name, file)));
  const watchers = [watch(directory, (_event, file) => onEvent("", file)), ...folders];
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
