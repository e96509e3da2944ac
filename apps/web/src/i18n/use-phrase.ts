import { useCallback } from "react";
import { usePreferences } from "../app/preferences.js";
import { phraseTexts as en } from "./phrase-messages-en.js";
import { phraseTexts as zh } from "./phrase-messages-zh.js";
import { createRephrase } from "./rephrase.js";

const toChinese = createRephrase(en, zh);

/** Sentences that come as English text, in the chosen language as far as their parts are known. */
export function usePhrase(): (sentence: string) => string {
  const { language } = usePreferences();
  return useCallback((sentence) => (language === "zh" ? toChinese(sentence) : sentence), [language]);
}
