import { defineError } from "@msec/core";

export const ApiUnreachable = defineError<{ url: string }>(
  "CON_UNREACHABLE",
  "UNAVAILABLE",
  (d) => `no console answers at ${d.url || "this address"}; check that it runs and that the address is right`,
);
