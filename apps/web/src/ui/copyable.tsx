import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { type ReactNode, useState } from "react";
import { useText } from "../i18n/use-text.js";
import { copyText } from "./copy-text.js";

interface CopyableProps {
  /** What is copied. */
  readonly value: string;
  /** What is shown; the value itself if absent. */
  readonly children?: ReactNode;
}

/** A value with a button that copies it. */
export function Copyable({ value, children }: CopyableProps) {
  const t = useText();
  const [done, setDone] = useState(false);
  const copy = async () => {
    setDone(await copyText(value));
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <span className="copyable">
      <span className="mono" title={value}>
        {children ?? value}
      </span>
      <button
        type="button"
        className="icon-button"
        aria-label={t("common.copyValue", { value })}
        title={done ? t("common.copied") : t("common.copy")}
        onClick={(event) => {
          event.stopPropagation();
          void copy();
        }}
      >
        {done ? <CheckOutlined /> : <CopyOutlined />}
      </button>
    </span>
  );
}

/** A long id cut to its ends. */
export function ShortId({ id, length = 10 }: { readonly id: string; readonly length?: number }) {
  const short = id.length > length ? `${id.slice(0, length - 3)}…${id.slice(-2)}` : id;
  return <Copyable value={id}>{short}</Copyable>;
}
