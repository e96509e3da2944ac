/** Paths of the archived system's tree. Spec: nlb.md §2. */
import { NAME_PATTERN, parseServiceName } from "@msec/core";

export const SERVICES = "/nameservice";
export const MACHINE_SERVICES = "/nodeservices";
export const HEARTBEATS = "/serverheartbeat";
export const LOADS = "/loadreport";

const level = new RegExp(NAME_PATTERN);

/** @throws {ServiceNameInvalid} */
export function servicePath(service: string): string {
  const { first, second } = parseServiceName(service);
  return `${SERVICES}/${first}/${second}`;
}

/** `undefined`: not of a name that msec takes, e.g. one of three levels. */
export function tryServiceOf(path: string): string | undefined {
  const [, root, first = "", second = "", ...more] = path.split("/");
  if (`/${root}` !== SERVICES || more.length > 0 || !isName(first) || !isName(second)) return undefined;
  return `${first}.${second}`;
}

function isName(text: string): boolean {
  return level.test(text) && text.length <= 16;
}
