import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";

type Language = "en" | "zh";
export type Theme = "light" | "dark";

/** What a person chose for this browser. */
export interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
  readonly collapsed: boolean;
  /** Full names of services on top of the tree. */
  readonly favourites: readonly string[];
}

interface PreferencesContext extends Preferences {
  readonly change: (change: Partial<Preferences>) => void;
}

const KEY = "msec.preferences";
const Context = createContext<PreferencesContext | undefined>(undefined);

function load(): Preferences {
  const guess: Preferences = {
    language: navigator.language.startsWith("zh") ? "zh" : "en",
    theme: window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
    collapsed: false,
    favourites: [],
  };
  try {
    return { ...guess, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>) };
  } catch {
    return guess;
  }
}

export function PreferencesProvider({ children }: { readonly children: ReactNode }) {
  const [preferences, setPreferences] = useState(load);
  useEffect(() => {
    localStorage.setItem(KEY, JSON.stringify(preferences));
    document.documentElement.lang = preferences.language === "zh" ? "zh-CN" : "en";
    document.documentElement.dataset.theme = preferences.theme;
  }, [preferences]);
  const value = useMemo(
    () => ({
      ...preferences,
      change: (change: Partial<Preferences>) => setPreferences((old) => ({ ...old, ...change })),
    }),
    [preferences],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function usePreferences(): PreferencesContext {
  const value = useContext(Context);
  if (!value) throw new Error("usePreferences needs a PreferencesProvider above it");
  return value;
}
