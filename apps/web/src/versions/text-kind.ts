/** Texts that have versions, as the API names them. */
export type TextKind = "configs" | "idls";
