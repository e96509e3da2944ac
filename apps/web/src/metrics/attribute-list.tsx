import { SearchOutlined } from "@ant-design/icons";
import type { Attribute } from "@msec/api-schema";
import { Checkbox, Input } from "antd";
import { useState } from "react";
import { Sparkline } from "../chart/sparkline.js";
import { formatCompact } from "../format/format.js";
import { useText } from "../i18n/use-text.js";

interface AttributeListProps {
  readonly attributes: readonly Attribute[];
  readonly shown: readonly string[];
  readonly onToggle: (name: string) => void;
}

/** Every attribute with its sum and a sparkline; ticked ones are drawn. */
export function AttributeList({ attributes, shown, onToggle }: AttributeListProps) {
  const t = useText();
  const [search, setSearch] = useState("");
  const word = search.trim().toLowerCase();
  const found = attributes.filter((each) => each.attribute.toLowerCase().includes(word));
  return (
    <div>
      <Input
        size="small"
        allowClear
        prefix={<SearchOutlined />}
        placeholder={t("metrics.search", { n: attributes.length })}
        aria-label={t("metrics.search", { n: attributes.length })}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      <ul className="attribute-list">
        {found.map((each) => (
          <li key={each.attribute}>
            <Checkbox checked={shown.includes(each.attribute)} onChange={() => onToggle(each.attribute)}>
              <span className="attribute-name" title={each.attribute}>
                {each.attribute}
              </span>
            </Checkbox>
            <Sparkline values={each.sparkline} />
            <span className="number">{formatCompact(each.sum)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
