import { createRequire } from "node:module";

/** Version of this installation. */
export const VERSION: string = (createRequire(import.meta.url)("../package.json") as { version: string }).version;
