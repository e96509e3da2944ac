import { expect, it } from "vitest";
import { MachineLoadReader, parseCpuTimes, parseMemory } from "./machine-load.js";

it("adds up the ticks of all states, waiting for disks as idle, guests not twice", () => {
  const text = "cpu  100 5 20 800 50 1 2 3 40 4\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
  expect(parseCpuTimes(text)).toEqual({ idle: 850, total: 981 });
  expect(parseCpuTimes("")).toBeUndefined();
});

it("reads total and available memory", () => {
  const text = "MemTotal:        1000 kB\nMemFree:  10 kB\nMemAvailable:     400 kB\n";
  expect(parseMemory(text)).toEqual({ totalBytes: 1_024_000, availableBytes: 409_600 });
  expect(parseMemory("MemTotal: 1 kB\n")).toBeUndefined();
});

it("gives values that make sense on the machine that runs the tests", async () => {
  const load = await new MachineLoadReader("/").read();
  expect(load.cpuRatio).toBeGreaterThanOrEqual(0);
  expect(load.cpuRatio).toBeLessThanOrEqual(1);
  expect(load.memoryFreeBytes).toBeLessThan(load.memoryTotalBytes);
  expect(load.diskFreeBytes).toBeGreaterThan(0);
});
