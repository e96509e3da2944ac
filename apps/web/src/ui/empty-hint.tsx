import type { ReactNode } from "react";

interface EmptyHintProps {
  readonly title: string;
  /** What this place is for and how to fill it. */
  readonly text?: string;
  readonly action?: ReactNode;
}

/** An empty place that says what to do. */
export function EmptyHint({ title, text, action }: EmptyHintProps) {
  return (
    <div className="empty-hint">
      <strong>{title}</strong>
      {text && <p>{text}</p>}
      {action}
    </div>
  );
}
