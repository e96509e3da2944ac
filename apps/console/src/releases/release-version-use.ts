import { formatServiceName } from "@msec/core";
import type { VersionUse } from "../versions/version-use.js";
import type { ReleaseStore } from "./release-store.js";

const tagOf = { config: "configTag", plugin: "pluginTag", idl: "idlTag" } as const;
/** Releases that are looked at; a version used by none of the newest ones may be removed. */
const NEWEST_RELEASES = 200;

/** Versions are used by the releases that name them. */
export function releaseVersionUse(store: ReleaseStore): VersionUse {
  return {
    usedBy: async (kind, name) => {
      const used = new Map<string, string[]>();
      for (const release of await store.list({ service: formatServiceName(name), limit: NEWEST_RELEASES })) {
        const tag = release[tagOf[kind]];
        if (tag !== null) used.set(tag, [...(used.get(tag) ?? []), release.releaseId]);
      }
      return used;
    },
  };
}
