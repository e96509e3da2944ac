import type { Labels } from "@msec/api-schema";
import { Tag } from "antd";
import { useText } from "../i18n/use-text.js";

/** `eu-1a / r07 · set blue`; for sorting, searching and export too. */
export function labelText({ zone, rack, set }: Labels, setWord: string): string {
  const place = [zone, rack].filter(Boolean).join(" / ");
  return [place, set === "" ? "" : `${setWord} ${set}`].filter(Boolean).join(" · ");
}

/** Where a machine or an instance is. */
export function LabelTags({ labels, inherited = false }: { readonly labels: Labels; readonly inherited?: boolean }) {
  const t = useText();
  const { zone, rack, set } = labels;
  if (zone === "" && rack === "" && set === "") return <span className="faint">–</span>;
  return (
    <span className="nowrap" title={inherited ? t("labels.fromMachine") : ""}>
      {zone !== "" && <Tag>{zone}</Tag>}
      {rack !== "" && <Tag>{rack}</Tag>}
      {set !== "" && <Tag color="blue">{t("labels.setIs", { set })}</Tag>}
    </span>
  );
}
