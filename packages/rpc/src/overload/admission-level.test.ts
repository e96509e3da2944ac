import { describe, expect, it } from "vitest";
import { AdmissionThreshold, admissionLevel } from "./admission-level.js";

describe("admissionLevel", () => {
  it("puts every user of a higher priority above every user of a lower one", () => {
    const low = Array.from({ length: 500 }, (_, user) => admissionLevel(63, user * 7919, 0));
    const high = Array.from({ length: 500 }, (_, user) => admissionLevel(64, user * 7919, 0));
    expect(Math.max(...low)).toBeLessThan(Math.min(...high));
  });

  it("gives one user one level within the hour, and another one later", () => {
    const hours = Array.from({ length: 24 }, (_, hour) => admissionLevel(64, 12_345, hour * 3_600_000 + 59 * 60_000));
    expect(admissionLevel(64, 12_345, 0)).toBe(hours[0]);
    expect(new Set(hours).size).toBeGreaterThan(15);
  });

  it("keeps priorities of strangers in bounds", () => {
    expect(admissionLevel(4_000_000_000, 1, 0)).toBeLessThan(128 * 128);
    expect(admissionLevel(-5, 1, 0)).toBeGreaterThanOrEqual(0);
  });
});

describe("AdmissionThreshold", () => {
  it("admits everything until told otherwise", () => {
    expect(new AdmissionThreshold().isAdmitted(0)).toBe(true);
  });

  it("admits the wanted share, the highest levels first", () => {
    const threshold = new AdmissionThreshold();
    for (let level = 0; level < 1000; level++) threshold.note(level);
    threshold.admitShare(0.25);
    const admitted = Array.from({ length: 1000 }, (_, level) => level).filter((level) => threshold.isAdmitted(level));
    expect(admitted).toHaveLength(250);
    expect(Math.min(...admitted)).toBe(750);
  });

  it("splits a level that is too big for the share evenly", () => {
    const threshold = new AdmissionThreshold();
    for (let n = 0; n < 1000; n++) threshold.note(64);
    threshold.admitShare(0.3);
    const taken = Array.from({ length: 1000 }, () => threshold.isAdmitted(64));
    expect(taken.filter(Boolean).length).toBeGreaterThanOrEqual(299);
    expect(taken.slice(0, 10).filter(Boolean).length).toBeLessThanOrEqual(4);
  });

  it("forgets", () => {
    const threshold = new AdmissionThreshold();
    for (let n = 0; n < 100; n++) threshold.note(5000);
    threshold.admitShare(0.01);
    threshold.open();
    expect(threshold.isAdmitted(0)).toBe(true);
  });
});
