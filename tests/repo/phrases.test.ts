import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { phraseTexts } from "../../apps/web/src/i18n/phrase-messages-en.js";

/** Who says what the console's pages say in Chinese, too. */
const SPEAKERS = [
  "apps/console/src/machines/machine-facts.ts",
  "apps/console/src/overview/call-health.ts",
  "apps/console/src/overview/overview-service.ts",
  "apps/console/src/services/service-health.ts",
  "packages/balancer/src/describe-instance.ts",
  "packages/balancer/src/explain.ts",
  "packages/balancer/src/pick-trace.ts",
  "packages/naming/src/collapse-rule.ts",
  "packages/naming/src/errors.ts",
  "packages/naming/src/push-guard.ts",
  "packages/sdk/src/picking/choice-text.ts",
];

it("the parts of sentences that the pages know are still said", () => {
  const said = SPEAKERS.map((file) => readFileSync(file, "utf8")).join("\n");
  const fixed = Object.values(phraseTexts).flatMap((text) =>
    text.split(/\{\w+\}(?: % )?/).map((words) => words.trim()),
  );
  expect(fixed.filter((words) => !said.includes(words))).toEqual([]);
});
