import { defineError } from "@msec/core";

export const CapacityAddressUnknown = defineError<{ service: string; address: string }>(
  "CON_CAPACITY_ADDRESS_UNKNOWN",
  "INVALID_ARGUMENT",
  (d) => `${d.address} is no instance of ${d.service}`,
);

export const CapacityWouldEmpty = defineError<{ service: string }>(
  "CON_CAPACITY_WOULD_EMPTY",
  "FAILED_PRECONDITION",
  (d) =>
    `this takes the last instance of ${d.service} out of traffic: every call to it would fail; confirm with allowEmpty (--allow-empty of msec)`,
);

export const NameUnknown = defineError<{ service: string }>(
  "CON_NAME_UNKNOWN",
  "NOT_FOUND",
  (d) => `the name store has no entry ${d.service}`,
);
