import type { Health } from "@msec/api-schema";
import { usePhrase } from "../i18n/use-phrase.js";
import { useText } from "../i18n/use-text.js";
import { StateIcon, StateTag } from "./state-tag.js";

interface HealthProps {
  readonly health: Health;
  /** Why, in words; shown on hover. */
  readonly text?: string;
}

export function HealthTag({ health, text }: HealthProps) {
  const t = useText();
  const phrase = usePhrase();
  return <StateTag tone={health} word={t(`health.${health}`)} {...(text ? { title: phrase(text) } : {})} />;
}

export function HealthIcon({ health, text }: HealthProps) {
  const t = useText();
  const phrase = usePhrase();
  const word = t(`health.${health}`);
  return <StateIcon tone={health} word={word} title={text ? `${word}: ${phrase(text)}` : word} />;
}

/** Worst first; last what nothing is known of, such as a service without instances. */
export const HEALTH_ORDER: Readonly<Record<Health, number>> = { failing: 0, degraded: 1, well: 2, unknown: 3 };
