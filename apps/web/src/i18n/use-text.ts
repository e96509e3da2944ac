import { useCallback } from "react";
import { usePreferences } from "../app/preferences.js";
import { formatMessage, type MessageParams } from "./format-message.js";
import { en } from "./messages-en.js";
import { zh } from "./messages-zh.js";

/** Key of a text that both message files have. */
export type MessageKey = keyof typeof en;
export type Translate = (key: MessageKey, params?: MessageParams) => string;

/** The texts of the chosen language. */
export function useText(): Translate {
  const { language } = usePreferences();
  return useCallback((key, params) => formatMessage((language === "zh" ? zh : en)[key], params), [language]);
}
