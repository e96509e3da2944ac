import { Button } from "antd";
import { useState } from "react";
import { useText } from "../i18n/use-text.js";
import { copyText } from "./copy-text.js";

/** A line to paste into a terminal. */
export function CommandLine({ text }: { readonly text: string }) {
  const t = useText();
  const [copied, setCopied] = useState(false);
  return (
    <div className="command-line">
      <code>{text}</code>
      <Button size="small" onClick={() => void copyText(text).then(setCopied)}>
        {t(copied ? "common.copied" : "common.copy")}
      </Button>
    </div>
  );
}
