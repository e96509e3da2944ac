import { DatePicker, Segmented, Space } from "antd";
import dayjs from "dayjs";
import { useText } from "../i18n/use-text.js";
import { LAST_RANGES, type LastName, resolveRange } from "./range.js";
import { useRange } from "./use-range.js";

/** The one control for time: live, the last …, or from–to. */
export function RangeControl() {
  const t = useText();
  const { range, setRange } = useRange();
  const chosen = range.kind === "last" ? range.name : range.kind;
  const window = resolveRange(range, Date.now());
  return (
    <Space size={8} wrap className="range-control">
      <Segmented
        size="small"
        aria-label={t("range.label")}
        value={chosen}
        options={[
          { value: "live", label: t("range.live") },
          ...Object.keys(LAST_RANGES).map((name) => ({ value: name, label: name })),
        ]}
        onChange={(value) => setRange(value === "live" ? { kind: "live" } : { kind: "last", name: value as LastName })}
      />
      <DatePicker.RangePicker
        size="small"
        showTime={{ format: "HH:mm" }}
        format="MM-DD HH:mm"
        allowClear={range.kind === "fixed"}
        value={range.kind === "fixed" ? [dayjs(window.fromMs), dayjs(window.toMs)] : null}
        placeholder={[t("range.from"), t("range.to")]}
        onChange={(dates) => {
          const [from, to] = dates ?? [];
          if (from && to) setRange({ kind: "fixed", fromMs: from.valueOf(), toMs: to.valueOf() });
          else setRange({ kind: "last", name: "15m" });
        }}
      />
    </Space>
  );
}
