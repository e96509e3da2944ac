import {
  CheckCircleFilled,
  CloseCircleFilled,
  LoadingOutlined,
  MinusCircleOutlined,
  WarningFilled,
} from "@ant-design/icons";
import type { ReactNode } from "react";

/** What a colour means, the same everywhere: well, degraded, failing, out of traffic or unknown, being worked on. */
export type Tone = "well" | "degraded" | "failing" | "unknown" | "working";

const ICONS: Readonly<Record<Tone, ReactNode>> = {
  well: <CheckCircleFilled />,
  degraded: <WarningFilled />,
  failing: <CloseCircleFilled />,
  unknown: <MinusCircleOutlined />,
  working: <LoadingOutlined />,
};

interface StateTagProps {
  readonly tone: Tone;
  readonly word: string;
  readonly title?: string;
}

/** A state as icon and word; the colour only repeats it. */
export function StateTag({ tone, word, title }: StateTagProps) {
  return (
    <span className={`state tone-${tone}`} title={title}>
      {ICONS[tone]}
      <span>{word}</span>
    </span>
  );
}

/** The icon alone, for places where the word is read out only. */
export function StateIcon({ tone, word, title }: StateTagProps) {
  return (
    <span className={`state tone-${tone}`} role="img" aria-label={word} title={title ?? word}>
      {ICONS[tone]}
    </span>
  );
}
