import { defineError } from "./app-error.js";

export interface ConfigProblem {
  readonly path: string;
  readonly message: string;
}

export const ConfigInvalid = defineError<{ problems: readonly ConfigProblem[] }>(
  "CFG_INVALID",
  "INVALID_ARGUMENT",
  (d) => `configuration is invalid:\n${d.problems.map((p) => `  ${p.path}: ${p.message}`).join("\n")}`,
);

export const ServiceNameInvalid = defineError<{ field: string; value: string; rule: string }>(
  "NAME_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${d.field} ${JSON.stringify(d.value)} is not a valid name: ${d.rule}`,
);

export const AddressInvalid = defineError<{ field: string; value: string }>(
  "NET_ADDRESS_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${d.field} ${JSON.stringify(d.value)} is not ip:port (IPv6 as [ip]:port) with a port from 1 to 65535`,
);
