import { defineError } from "@msec/core";

export const NamingNotHeld = defineError<{ service: string }>(
  "CON_NAMING_NOT_HELD",
  "FAILED_PRECONDITION",
  (d) => `no change of ${d.service} is held back, or it is another one by now: look at what is held again`,
);
