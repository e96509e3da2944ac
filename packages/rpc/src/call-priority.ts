/**
 * How much a request matters when not all can be served: its business priority, and within a priority the hash of its end user, so that
 * the same users are served by all services on the way. Heads carry the priority plus one, and neither when it says nothing new.
 */

import { HIGHEST_PRIORITY } from "@msec/protocol";

/** Of requests that tell none. */
export const DEFAULT_PRIORITY = 64;

/** `priority` as a head carries it; 0 = not told. What is out of range is cut. */
export function wirePriorityOf(priority: number): number {
  if (priority === DEFAULT_PRIORITY) return 0;
  return Math.min(HIGHEST_PRIORITY, Math.max(0, Math.trunc(priority) || 0)) + 1;
}

export function priorityOfWire(wire: number): number {
  if (wire === 0) return DEFAULT_PRIORITY;
  return wire > HIGHEST_PRIORITY ? HIGHEST_PRIORITY : wire - 1;
}

/** 32-bit hash of a user's name, evenly spread; never 0, which means "not told". */
export function userHashOf(user: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < user.length; i++) hash = Math.imul(hash ^ user.charCodeAt(i), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0 || 1;
}
