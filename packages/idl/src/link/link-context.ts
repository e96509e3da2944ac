import type { EnumModel } from "../model.js";
import type { ProblemList } from "../problem.js";
import type { SymbolTable } from "./symbol-table.js";

/** What linking a part of the file needs to know of the rest. */
export interface LinkContext {
  readonly syntax: "proto2" | "proto3";
  readonly symbols: SymbolTable;
  readonly enums: ReadonlyMap<string, EnumModel>;
  readonly problems: ProblemList;
}
