/** Options and words for where machines and instances are. */
import type { Labels } from "@msec/api-schema";
import { Option } from "commander";

export type LabelOptions = Partial<Labels>;

const MEANING: Readonly<Record<keyof Labels, string>> = {
  zone: "data centre or availability zone",
  rack: "within its zone",
  set: "partition, for services that keep to the caller's own",
};

export function labelOption(label: keyof Labels): Option {
  return new Option(`--${label} <text>`, `${MEANING[label]}; "" = none`);
}

/** What was given; undefined when nothing was. */
export function labelChange({ zone, rack, set }: LabelOptions): Partial<Labels> | undefined {
  const given = {
    ...(zone !== undefined && { zone }),
    ...(rack !== undefined && { rack }),
    ...(set !== undefined && { set }),
  };
  return Object.keys(given).length === 0 ? undefined : given;
}

/** `eu-1a/r07 set blue`. */
export function describeLabels({ zone, rack, set }: Labels): string {
  const place = [zone, rack].filter(Boolean).join("/");
  return [place, set === "" ? "" : `set ${set}`].filter(Boolean).join(" ") || "-";
}
