import { useSyncExternalStore } from "react";
import { usePreferences } from "../app/preferences.js";
import { formatDateTime, formatRelative } from "../format/format.js";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One timer for all times on the page; it stops with the last of them. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** A moment relative to now; absolute on hover. */
export function Time({ atMs }: { readonly atMs: number | null }) {
  const { language } = usePreferences();
  const text = useSyncExternalStore(subscribe, () =>
    atMs ? formatRelative(atMs, Date.now(), language === "zh" ? "zh-CN" : "en") : "–",
  );
  if (!atMs) return <span>–</span>;
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatDateTime(atMs)} className="nowrap">
      {text}
    </time>
  );
}
