import { defineError } from "@msec/core";

export const FlagInvalid = defineError<{ flag: string; problem: string }>(
  "CFG_FLAG_INVALID",
  "INVALID_ARGUMENT",
  (d) => `option ${d.flag}: ${d.problem}; see --help`,
);

export const ConfigFileUnreadable = defineError<{ file: string; problem: string }>(
  "CFG_FILE_UNREADABLE",
  "INVALID_ARGUMENT",
  (d) => `configuration file ${d.file}: ${d.problem}`,
);

export const HomeInUse = defineError<{ home: string; role: string; pid: number }>(
  "CFG_HOME_IN_USE",
  "FAILED_PRECONDITION",
  (d) =>
    `another ${d.role} already runs on home ${d.home}${d.pid > 0 ? ` (process ${d.pid})` : ""}; stop it or choose another --home`,
);
