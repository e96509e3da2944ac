import { defineConfig } from "vitest/config";

/** `npm test` of this folder alone: without a file of its own, vitest would take the repository's. */
export default defineConfig({ test: { include: ["src/**/*.test.ts"] } });
