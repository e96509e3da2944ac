import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isNewConnection, machineMs, type NewConnection, TAKE_MS } from "./deal-message.js";
import { DealWatch } from "./deal-watch.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["hrtime", "setTimeout", "setImmediate"] }));
afterEach(() => void vi.useRealTimers());

/** The controller's end of a worker, as far as node:cluster uses it. */
class WorkerEnd extends EventEmitter {
  readonly sent: NewConnection[] = [];
  /** Numbers of sockets that the worker does not take, as node:cluster hears it. */
  readonly refused: number[] = [];

  constructor() {
    super();
    this.on("internalMessage", ({ ack, accepted }: { ack?: number; accepted?: boolean }) => {
      if (ack !== undefined && accepted === false) this.refused.push(ack);
    });
  }

  send(message: NewConnection): boolean {
    this.sent.push(message);
    return true;
  }

  deal(seq: number, socket: object, key = ":8080"): void {
    const send = this.send as unknown as (message: object, socket: object) => boolean;
    send({ cmd: "NODE_CLUSTER", act: "newconn", key, seq }, socket);
  }

  says(message: object): void {
    this.emit("internalMessage", message);
  }

  beat(): void {
    this.emit("message", { msec: "alive" });
  }
}

function watched(count: number): { watch: DealWatch; ends: WorkerEnd[] } {
  const watch = new DealWatch();
  const ends = Array.from({ length: count }, () => new WorkerEnd());
  for (const [id, end] of ends.entries()) {
    watch.add(id, end as unknown as ChildProcess);
    end.beat();
  }
  return { watch, ends };
}

/** As the controller does it, a few times a second. @param heard turn and say so, more often than in truth */
function pass(watch: DealWatch, durationMs: number, ...heard: (WorkerEnd | undefined)[]): void {
  for (let ms = 0; ms < durationMs; ms += 100) {
    vi.advanceTimersByTime(100);
    for (const end of heard) end?.beat();
    watch.tick();
    vi.advanceTimersByTime(0);
  }
}

describe("a connection that was dealt to a worker", () => {
  it("stays where it was taken in time", () => {
    const { watch, ends } = watched(2);
    ends[0]?.deal(1, {});
    ends[0]?.says({ ack: 1, accepted: true });
    pass(watch, 2_000);
    expect(ends[0]?.refused).toEqual([]);
  });

  it("is taken back from one that does not answer, and tells that one until when to take it", () => {
    const { watch, ends } = watched(2);
    const dealtMs = machineMs();
    ends[0]?.deal(1, {});
    expect(ends[0]?.sent[0]?.takeByMs).toBeCloseTo(dealtMs + TAKE_MS, 3);
    pass(watch, 300);
    expect(ends[0]?.refused).toEqual([]);
    pass(watch, 300);
    expect(ends[0]?.refused).toEqual([1]);
  });

  it("is taken back three times; then the next worker keeps it", () => {
    const { watch, ends } = watched(2);
    const socket = {};
    for (const seq of [1, 2, 3]) {
      const [slow, other] = seq % 2 === 1 ? [ends[0], ends[1]] : [ends[1], ends[0]];
      slow?.deal(seq, socket);
      pass(watch, 600, other);
      expect(slow?.refused.at(-1)).toBe(seq);
    }
    ends[1]?.deal(4, socket);
    expect(ends[1]?.sent.at(-1)?.takeByMs).toBeUndefined();
    pass(watch, 2_000, ends[0]);
    expect(ends[1]?.refused).toEqual([2]);
  });

  it("is not taken from a worker that was heard later than all others: it would come to one that hangs", () => {
    const { watch, ends } = watched(2);
    pass(watch, 2_000, ends[1]);
    ends[1]?.deal(1, {});
    pass(watch, 2_000);
    expect(ends[1]?.refused).toEqual([]);
  });

  it("goes back to the worker that was slow for a moment when the other one turns out to hang", () => {
    const { watch, ends } = watched(2);
    const socket = {};
    pass(watch, 500, ends[1]);
    ends[1]?.deal(1, socket);
    pass(watch, 600);
    expect(ends[1]?.refused).toEqual([1]);
    ends[0]?.deal(2, socket);
    pass(watch, 200, ends[1]);
    pass(watch, 300);
    expect(ends[0]?.refused).toEqual([2]);
  });

  it("is not taken back since the whole machine stood still", () => {
    const { watch, ends } = watched(2);
    pass(watch, 100);
    ends[0]?.deal(1, {});
    vi.advanceTimersByTime(900);
    ends[1]?.beat();
    pass(watch, 200);
    expect(ends[0]?.refused).toEqual([]);
    pass(watch, 200);
    expect(ends[0]?.refused).toEqual([1]);
  });

  it("does not reach a silent worker while another is heard, and does again when it speaks", () => {
    const { watch, ends } = watched(2);
    ends[0]?.deal(1, {});
    pass(watch, 600);
    ends[0]?.deal(2, {});
    expect(ends[0]?.sent.map(({ seq }) => seq)).toEqual([1]);
    vi.advanceTimersByTime(10);
    expect(ends[0]?.refused).toEqual([1, 2]);
    ends[0]?.says({ act: "queryServer" });
    ends[0]?.deal(3, {});
    expect(ends[0]?.sent.map(({ seq }) => seq)).toEqual([1, 3]);
  });

  it("is left to node:cluster where there is nobody else", () => {
    const { watch, ends } = watched(1);
    ends[0]?.deal(1, {});
    expect(ends[0]?.sent[0]?.takeByMs).toBeUndefined();
    pass(watch, 2_000);
    expect(ends[0]?.refused).toEqual([]);
  });

  it.each([
    { name: "goes to another one that listens there", key: ":8080", refused: [2], isClosed: false },
    { name: "is closed where no other one listens", key: ":9090", refused: [], isClosed: true },
  ])("that died before it answered $name", ({ key, refused, isClosed }) => {
    const { watch, ends } = watched(2);
    ends[1]?.deal(1, {}, ":8080");
    ends[1]?.deal(3, {}, ":9090");
    ends[1]?.says({ cmd: "NODE_CLUSTER", act: "close", key: ":9090" });
    let closed = 0;
    ends[0]?.deal(2, { close: () => (closed += 1) }, key);
    watch.remove(0);
    ends[0]?.emit("close");
    expect(ends[0]?.refused).toEqual(refused);
    expect(closed).toBe(isClosed ? 1 : 0);
  });

  it("makes node:cluster forget the dead worker even if Node does not tell", () => {
    const { ends } = watched(1);
    const told: string[] = [];
    ends[0]?.on("disconnect", () => told.push("disconnect"));
    ends[0]?.emit("close");
    expect(told).toEqual(["disconnect"]);
  });

  it("reads an answer that lay there while the controller stood still before it judges", () => {
    const { watch, ends } = watched(2);
    ends[0]?.deal(1, {});
    vi.advanceTimersByTime(5_000);
    watch.tick();
    ends[0]?.says({ ack: 1, accepted: true }); // read by the event loop before its check phase
    vi.advanceTimersByTime(0);
    expect(ends[0]?.refused).toEqual([]);
  });
});

it("other messages are none", () => {
  const others = [undefined, "newconn", { act: "newconn" }, { cmd: "NODE_CLUSTER", act: "disconnect", seq: 1 }];
  expect(others.map(isNewConnection)).toEqual(others.map(() => false));
});
