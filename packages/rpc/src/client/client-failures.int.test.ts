import type { AppError } from "@msec/core";
import { describe, expect, it } from "vitest";
import {
  deadPlace,
  echo,
  ListPicker,
  ofReason,
  openClient,
  order,
  type Place,
  type Say,
  say,
  startRaw,
  startServer,
} from "./client-fixture.js";

describe("failing instances", () => {
  it("goes on to the next instance when one refuses, for any method", async () => {
    const dead = await deadPlace();
    const fine = await startServer(echo);
    const picker = new ListPicker([dead, fine]);
    expect(await openClient(picker).call(order, "Test.echo", { text: "x" })).toEqual({ text: "x" });
    expect(picker.outcomes(dead.port)).toEqual(["refused"]);
  });

  it("walks past several dead instances and gives NET_REFUSED when all are dead", async () => {
    const dead = await Promise.all(Array.from({ length: 5 }, deadPlace));
    const client = openClient(new ListPicker([...dead, await startServer(echo)]));
    expect(await client.call(order, "Test.echo", { text: "x" })).toEqual({ text: "x" });
    await expect(openClient(new ListPicker(dead)).call(say, "Test.echo", { text: "x" })).rejects.toEqual(
      ofReason("NET_REFUSED"),
    );
  });

  it("repeats idempotent calls whose connection was lost, and only those", async () => {
    const fragile = await startRaw((socket) => socket.on("data", () => socket.resetAndDestroy()));
    const fine = await startServer(echo);
    const picker = new ListPicker([fragile, fine]);
    const client = openClient(picker, { limits: { retryBudget: { burst: 0, ratio: 0 } } });
    const many = await Promise.all(
      Array.from({ length: 400 }, (_, i) => client.call(say, "Test.echo", { text: `${i}` })),
    );
    expect(many.map(({ text }) => text)).toEqual(Array.from({ length: 400 }, (_, i) => `${i}`));
    expect(new Set(picker.outcomes(fragile.port))).toEqual(new Set(["reset"]));
    picker.places = [fragile];
    await expect(client.call(order, "Test.echo", { text: "x" })).rejects.toEqual(ofReason("NET_RESET"));
  });

  it("does not double the load of a service that drops each connection at its first request", async () => {
    let requests = 0;
    const dropping = (): Promise<Place> =>
      startRaw((socket) =>
        socket.once("data", () => {
          requests++;
          socket.destroy();
        }),
      );
    const picker = new ListPicker([await dropping(), await dropping()]);
    const client = openClient(picker, { limits: { retryBudget: { burst: 0, ratio: 0 } } });
    for (let i = 0; i < 20; i++)
      await expect(client.call(say, "Test.echo", { text: `${i}` })).rejects.toEqual(ofReason("NET_RESET"));
    expect(requests).toBe(21); // an instance may lose one connection
  });

  it("ends a call at a peer that answers with something else than frames", async () => {
    const babbler = await startRaw((socket) =>
      socket.on("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    const picker = new ListPicker([babbler]);
    await expect(openClient(picker).call(order, "Test.echo", { text: "x" })).rejects.toEqual(
      ofReason("PROTO_FRAME_BAD_START"),
    );
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["reset"]);
  });

  it("sends what an overloaded instance refuses to another one while the budget lasts", async () => {
    const full = await startServer(echo, { limits: { maxInFlight: 0 } });
    const fine = await startServer(echo);
    const client = openClient(new ListPicker([full, fine]), { limits: { retryBudget: { burst: 1, ratio: 0 } } });
    expect(await client.call(order, "Test.echo", { text: "x" })).toEqual({ text: "x" });
    const stingy = openClient(new ListPicker([full, fine]), { limits: { retryBudget: { burst: 0, ratio: 0 } } });
    await expect(stingy.call(say, "Test.echo", { text: "x" })).rejects.toEqual(ofReason("RPC_OVERLOADED"));
  });

  it("loses no call while one of two instances stops gracefully under load", async () => {
    const slowly: Say = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return request;
    };
    const limits = { maxQueueDelayMs: 0 }; // a busy test machine is not what this is about
    const [first, second] = [await startServer(slowly, { limits }), await startServer(slowly, { limits })];
    const client = openClient(new ListPicker([first, second]));
    const failures: unknown[] = [];
    let done = 0;
    let isOver = false;
    const worker = async (): Promise<void> => {
      while (!isOver) {
        await client.call(order, "Test.echo", { text: "x" }).then(
          () => done++,
          (error: unknown) => failures.push(error),
        );
      }
    };
    const workers = Array.from({ length: 64 }, worker);
    await expect.poll(() => done, { timeout: 5000 }).toBeGreaterThan(500);
    expect(await first.server.stop({ graceMs: 3000 })).toEqual({ cutOff: 0 });
    const doneAtStop = done;
    await expect.poll(() => done, { timeout: 5000 }).toBeGreaterThan(doneAtStop + 500);
    isOver = true;
    await Promise.all(workers);
    expect(failures.map((error) => (error as AppError).reason)).toEqual([]);
  });
});
