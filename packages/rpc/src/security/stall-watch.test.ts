import type { AppError } from "@msec/core";
import { startTimerWheel } from "@msec/net";
import { describe, expect, it, onTestFinished } from "vitest";
import { StallWatch, type WatchedConnection } from "./stall-watch.js";

class Connection implements WatchedConnection {
  readonly address = "10.0.0.1:5";
  incompleteBytes = 0;
  progressMark = 0;
  error: AppError | undefined;

  destroy(error?: AppError): void {
    this.error = error;
  }
}

function watch(messageTimeoutMs = 100): { connection: Connection; lookAt: (...timesMs: number[]) => void } {
  const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() };
  const wheel = startTimerWheel({ clock });
  const connection = new Connection();
  const options = { connections: [connection], messageTimeoutMs, wheel, clock, onStalled: () => undefined };
  const watching = new StallWatch(options);
  onTestFinished(() => {
    watching.stop();
    wheel.stop();
  });
  return {
    connection,
    lookAt: (...timesMs) => {
      for (const nowMs of timesMs) watching.look(nowMs);
    },
  };
}

describe("StallWatch", () => {
  it("ends a connection whose message is not whole in time, and says how much came", () => {
    const { connection, lookAt } = watch();
    connection.incompleteBytes = 5;
    lookAt(1000, 1025, 1050, 1100);
    expect(connection.error).toBeUndefined();
    lookAt(1101);
    expect(connection.error).toMatchObject({
      reason: "NET_MESSAGE_TIMEOUT",
      details: { address: "10.0.0.1:5", waitedMs: 101, arrivedBytes: 5 },
    });
  });

  it("leaves one alone that always has a part of a message, as long as whole ones come", () => {
    const { connection, lookAt } = watch();
    connection.incompleteBytes = 9;
    for (let nowMs = 1000; nowMs < 3000; nowMs += 90) {
      connection.progressMark++;
      lookAt(nowMs, nowMs + 80);
    }
    expect(connection.error).toBeUndefined();
  });

  it("leaves one alone that owes nothing, and starts anew with its next message", () => {
    const { connection, lookAt } = watch();
    connection.incompleteBytes = 9;
    lookAt(1000);
    connection.incompleteBytes = 0;
    lookAt(1090);
    connection.incompleteBytes = 9;
    lookAt(1150, 1249);
    expect(connection.error).toBeUndefined();
    lookAt(1251);
    expect(connection.error).toBeDefined();
  });

  it("gives long messages the time that they take at 16 KB/s", () => {
    const { connection, lookAt } = watch();
    connection.incompleteBytes = 16_000;
    lookAt(1000, 2099);
    expect(connection.error).toBeUndefined();
    lookAt(2101);
    expect(connection.error).toBeDefined();
  });
});
