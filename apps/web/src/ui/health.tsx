import type { Health } from "@msec/api-schema";
import { useText } from "../i18n/use-text.js";
import { StateIcon, StateTag } from "./state-tag.js";

interface HealthProps {
  readonly health: Health;
  /** Why, in words; shown on hover. */
  readonly text?: string;
}

export function HealthTag({ health, text }: HealthProps) {
  const t = useText();
  return <StateTag tone={health} word={t(`health.${health}`)} {...(text ? { title: text } : {})} />;
}

export function HealthIcon({ health, text }: HealthProps) {
  const t = useText();
  const word = t(`health.${health}`);
  return <StateIcon tone={health} word={word} title={text ? `${word}: ${text}` : word} />;
}

/** Worst first; last what nothing is known of, such as a service without instances. */
export const HEALTH_ORDER: Readonly<Record<Health, number>> = { failing: 0, degraded: 1, well: 2, unknown: 3 };
