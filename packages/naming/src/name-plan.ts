/** What copying names from one store to another would do. Nothing is ever removed by it. */
import { formatHostPort } from "@msec/core";
import { checkEntry } from "./check-entry.js";
import { isSameEntry, type ServiceEntry, type ServiceEntryInput } from "./name-store.js";

export interface NamePlanStep {
  readonly service: string;
  readonly action: "add" | "change" | "same";
  /** For people: which instances come, go or change. */
  readonly text: string;
}

const SHOWN = 5;

/** By name. @throws NAME_ENTRY_INVALID, SERVICE_NAME_INVALID an entry is malformed */
export function planNames(
  from: readonly (ServiceEntryInput & { readonly service: string })[],
  to: readonly ServiceEntry[],
): readonly NamePlanStep[] {
  const known = new Map(to.map((entry) => [entry.service, entry]));
  const steps = from.map((input) => {
    const entry = checkEntry(input.service, input);
    const old = known.get(input.service);
    const count = entry.instances.length;
    if (!old)
      return {
        service: input.service,
        action: "add" as const,
        text: count === 1 ? "1 instance" : `${count} instances`,
      };
    if (isSameEntry(old, entry)) return { service: input.service, action: "same" as const, text: "" };
    return { service: input.service, action: "change" as const, text: difference(old, entry) };
  });
  return steps.toSorted((a, b) => (a.service < b.service ? -1 : 1));
}

function difference(old: ServiceEntry, next: Omit<ServiceEntry, "revision">): string {
  const was = new Map(old.instances.map((instance) => [formatHostPort(instance), JSON.stringify(instance)]));
  const is = new Map(next.instances.map((instance) => [formatHostPort(instance), JSON.stringify(instance)]));
  const parts = [
    listed(
      "+",
      [...is.keys()].filter((address) => !was.has(address)),
    ),
    listed(
      "-",
      [...was.keys()].filter((address) => !is.has(address)),
    ),
    listed(
      "~",
      [...is.keys()].filter((address) => was.has(address) && was.get(address) !== is.get(address)),
    ),
  ];
  const text = parts.filter((part) => part !== "").join(" ");
  return text === "" ? "its settings" : text;
}

function listed(sign: string, addresses: readonly string[]): string {
  const shown = addresses.slice(0, SHOWN).map((address) => `${sign}${address}`);
  const more = addresses.length - shown.length;
  return more > 0 ? `${shown.join(" ")} and ${more} more` : shown.join(" ");
}
