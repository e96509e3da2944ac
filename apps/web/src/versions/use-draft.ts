import { useEffect, useState } from "react";

interface Draft {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly forget: () => void;
}

/** A text being edited, kept for this tab so that a reload loses nothing. `original` is undefined while it loads. */
export function useDraft(name: string, original: string | undefined): Draft {
  const key = `msec.draft ${name}`;
  const [text, setText] = useState<string | undefined>(() => sessionStorage.getItem(key) ?? undefined);
  const current = text ?? original ?? "";
  useEffect(() => {
    if (text === undefined) return;
    if (text === original) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  }, [key, text, original]);
  return { text: current, setText, forget: () => sessionStorage.removeItem(key) };
}
