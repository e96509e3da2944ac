import { accountTexts } from "./account-messages-zh.js";
import { frameTexts } from "./frame-messages-zh.js";
import type { en } from "./messages-en.js";
import { namingTexts } from "./naming-messages-zh.js";
import { phraseTexts } from "./phrase-messages-zh.js";
import { releaseTexts } from "./release-messages-zh.js";
import { serviceTexts } from "./service-messages-zh.js";
import { watchTexts } from "./watch-messages-zh.js";

/** The console's texts in Chinese, by area. */
export const zh: Readonly<Record<keyof typeof en, string>> = {
  ...frameTexts,
  ...accountTexts,
  ...serviceTexts,
  ...namingTexts,
  ...phraseTexts,
  ...releaseTexts,
  ...watchTexts,
};
