import type { Machine } from "@msec/api-schema";
import { useText } from "../i18n/use-text.js";
import { StateTag } from "../ui/state-tag.js";

export function MachineStateTag({ state }: { readonly state: Machine["state"] }) {
  const t = useText();
  return <StateTag tone={state === "online" ? "well" : "failing"} word={t(`machineState.${state}`)} />;
}
