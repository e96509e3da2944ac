/**
 * When a push takes away so much that it is rather an accident (a lost or old database, a wrong console) than meant. This is the
 * agent's own line of defence; the console has its own before it publishes (collapse-rule.ts).
 */
import type { ServiceEntry } from "./name-store.js";

/** Below so many services or instances a loss of most of them is ordinary work. */
const MANY_SERVICES = 4;
const MANY_INSTANCES = 10;

/** Says what is suspicious about going from `before` to `after`, or `undefined`. */
export function findCollapse(
  before: ReadonlyMap<string, ServiceEntry>,
  after: ReadonlyMap<string, ServiceEntry>,
): string | undefined {
  if (before.size > 0 && after.size === 0) return "it has no services and is not confirmed";
  const was = countServed(before);
  const is = countServed(after);
  if (was.services >= MANY_SERVICES && is.services * 2 < was.services)
    return `only ${is.services} of ${was.services} services would have instances, and it is not confirmed`;
  if (was.instances >= MANY_INSTANCES && is.instances * 2 < was.instances)
    return `only ${is.instances} of ${was.instances} instances would be left, and it is not confirmed`;
  return undefined;
}

function countServed(entries: ReadonlyMap<string, ServiceEntry>): { services: number; instances: number } {
  let services = 0;
  let instances = 0;
  for (const entry of entries.values()) {
    if (entry.instances.length > 0) services += 1;
    instances += entry.instances.length;
  }
  return { services, instances };
}
