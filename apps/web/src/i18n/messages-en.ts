import { accountTexts } from "./account-messages-en.js";
import { frameTexts } from "./frame-messages-en.js";
import { namingTexts } from "./naming-messages-en.js";
import { phraseTexts } from "./phrase-messages-en.js";
import { releaseTexts } from "./release-messages-en.js";
import { serviceTexts } from "./service-messages-en.js";
import { watchTexts } from "./watch-messages-en.js";

/**
 * The console's texts in English, by area; each area has a Chinese file with the same keys. `{name}` is a value,
 * `{n:instance|instances}` the first word when `n` is 1, else the second.
 */
export const en = {
  ...frameTexts,
  ...accountTexts,
  ...serviceTexts,
  ...namingTexts,
  ...phraseTexts,
  ...releaseTexts,
  ...watchTexts,
} as const;
