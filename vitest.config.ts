import { defineConfig } from "vitest/config";

/** Files of one worker share what they import: no test leaves anything behind in a module, so loading each anew only costs time. */
const shared = {
  resolve: { conditions: ["msec-source"] },
  ssr: { resolve: { conditions: ["msec-source"], externalConditions: [] } },
};

/** Unit and integration tests read sources through the `msec-source` condition; e2e and fault run what `tsc -b` built. */
export default defineConfig({
  test: {
    // Vitest leaves one core free, which of two is half of the machine.
    maxWorkers: "100%",
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          isolate: false,
          include: [
            "{packages,apps,tools,benchmarks}/**/src/**/*.test.{ts,tsx}",
            "tests/repo/**/*.test.ts",
            "tests/conformance/**/*.test.ts",
            "tests/fuzz/**/*.test.ts",
          ],
          exclude: ["**/*.int.test.ts", "**/node_modules/**", "**/dist/**"],
        },
      },
      {
        ...shared,
        test: {
          name: "integration",
          isolate: false,
          include: ["{packages,apps}/**/src/**/*.int.test.ts", "examples/**/src/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["tests/{e2e,fault}/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
