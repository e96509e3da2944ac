import type { ReactNode } from "react";
import { PreferenceButtons } from "../app/preference-buttons.js";

interface EntryCardProps {
  readonly title: string;
  readonly text?: string;
  readonly children: ReactNode;
}

/** The frame of pages before one is signed in. */
export function EntryCard({ title, text, children }: EntryCardProps) {
  return (
    <div className="entry">
      <div className="entry-tools">
        <PreferenceButtons />
      </div>
      <div className="entry-card">
        <div className="logo">
          <img src="/icon.svg" width={28} height={28} alt="" />
          <span>msec</span>
        </div>
        <h1>{title}</h1>
        {text && <p className="faint">{text}</p>}
        {children}
      </div>
    </div>
  );
}
