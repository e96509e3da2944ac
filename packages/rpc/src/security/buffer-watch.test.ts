import { startTimerWheel } from "@msec/net";
import { describe, expect, it, onTestFinished } from "vitest";
import { BufferWatch, type HoldingConnection } from "./buffer-watch.js";

class Connection implements HoldingConnection {
  isCut = false;
  reason: unknown;
  readonly address: string;
  readonly #bytes: number;

  constructor(address: string, bytes: number) {
    this.address = address;
    this.#bytes = bytes;
  }

  get heldBytes(): number {
    return this.isCut ? 0 : this.#bytes;
  }

  destroy(error?: unknown): void {
    this.isCut = true;
    this.reason = error;
  }
}

function watch(sizes: readonly (readonly [string, number])[], maxBufferedBytes = 800) {
  const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() };
  const wheel = startTimerWheel({ clock });
  const traffic = { receivedBytes: 0, sentBytes: 0 };
  const connections = sizes.map(([address, bytes]) => new Connection(address, bytes));
  const noted: string[] = [];
  const onOverfull = (address: string): void => void noted.push(address);
  const watching = new BufferWatch({ connections, maxBufferedBytes, traffic, wheel, clock, onOverfull });
  onTestFinished(() => {
    watching.stop();
    wheel.stop();
  });
  return { watching, traffic, connections, noted, cut: () => connections.filter(({ isCut }) => isCut) };
}

describe("BufferWatch", () => {
  it("leaves connections alone that together hold what is allowed", () => {
    const { cut } = watch([
      ["10.0.0.1:1", 700],
      ["10.0.0.2:1", 100],
    ]);
    expect(cut()).toEqual([]);
  });

  it("cuts those that hold most, of the address that holds most, until an eighth is free", () => {
    const { cut, noted } = watch([
      ["10.0.0.1:1", 300],
      ["10.0.0.2:1", 150],
      ["10.0.0.2:2", 250],
      ["10.0.0.2:3", 200],
    ]);
    expect(noted).toEqual(["10.0.0.2:2"]);
    expect(cut()[0]?.reason).toMatchObject({
      reason: "NET_BUFFERS_FULL",
      details: { heldBytes: 250, limitBytes: 800 },
    });
  });

  it("goes on with other addresses when that is not enough", () => {
    const { noted } = watch([
      ["10.0.0.1:1", 900],
      ["[fe80::1]:2", 1000],
    ]);
    expect(noted).toEqual(["[fe80::1]:2", "10.0.0.1:1"]);
  });

  it("looks again when so much has gone over the wire that it may be needed", () => {
    const { watching, traffic, connections, noted } = watch([["10.0.0.1:1", 700]]);
    connections.push(new Connection("10.0.0.1:2", 200));
    traffic.receivedBytes = 60;
    traffic.sentBytes = 39;
    watching.noteTraffic();
    expect(noted).toEqual([]);
    traffic.sentBytes = 40;
    watching.noteTraffic();
    expect(noted).toEqual(["10.0.0.1:1"]);
  });
});
