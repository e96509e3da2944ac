import { defineError } from "@msec/core";

export const TableFull = defineError<{ servers: number; room: number }>(
  "LB_ORIGINAL_TABLE_FULL",
  "OUT_OF_RANGE",
  (d) => `${d.servers} servers do not fit into a table of the original layout with room for ${d.room}`,
);
