import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "./clock.js";

afterEach(() => {
  vi.useRealTimers();
});

describe("systemClock", () => {
  it("tells wall-clock and monotonic time", () => {
    vi.useFakeTimers({ now: 1_000_000 });
    expect(systemClock.nowMs()).toBe(1_000_000);
    const before = systemClock.monotonicMs();
    vi.advanceTimersByTime(250);
    expect(systemClock.nowMs()).toBe(1_000_250);
    expect(systemClock.monotonicMs() - before).toBe(250);
  });

  it("sleeps as long as it is told, and leaves no listener behind", async () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    const wake = vi.fn();
    const sleeping = systemClock.sleep(100, controller.signal).then(wake);
    await vi.advanceTimersByTimeAsync(99);
    expect(wake).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
    expect(wake).toHaveBeenCalledOnce();
    expect(remove).toHaveBeenCalledOnce();
  });

  it("wakes up early when it is aborted, with the reason", async () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    const sleeping = systemClock.sleep(100, controller.signal);
    const reason = new Error("stopping");
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
    await expect(systemClock.sleep(100, controller.signal)).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });
});
