import { defineError } from "@msec/core";

export const NamingNotHeld = defineError<{ service: string }>(
  "CON_NAMING_NOT_HELD",
  "FAILED_PRECONDITION",
  (d) => `no change of ${d.service} is held back, or it is another one by now: look at what is held again`,
);

export const NameStoreNotShared = defineError<Record<string, never>>(
  "CON_NAME_STORE_NOT_SHARED",
  "FAILED_PRECONDITION",
  () => "names are kept in this console only, so nothing can differ; start it with --naming zk://… to share them",
);
