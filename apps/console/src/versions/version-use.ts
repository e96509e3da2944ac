import type { ServiceName } from "@msec/core";
import type { VersionKind } from "./version-tables.js";

/** Who uses versions: the releases. */
export interface VersionUse {
  /** Ids of releases by tag; tags that nobody uses may be missing. */
  usedBy(kind: VersionKind, name: ServiceName): Promise<ReadonlyMap<string, readonly string[]>>;
}

/** Nobody uses anything. */
export const noVersionUse: VersionUse = { usedBy: async () => new Map() };
