import { describe, expect, it } from "vitest";
import { echo, ListPicker, ofReason, openClient, order, type Say, say, startServer } from "./client-fixture.js";

describe("deadlines and cancellation", () => {
  it("gives up at the deadline and tells the server what was left", async () => {
    const left: number[] = [];
    const never: Say = (_request, ctx) => {
      left.push(ctx.remainingMs());
      return new Promise(() => undefined);
    };
    const picker = new ListPicker([await startServer(never)]);
    await expect(openClient(picker).call(order, "Test.echo", { text: "x" }, { timeoutMs: 60 })).rejects.toEqual(
      ofReason("RPC_TIMEOUT"),
    );
    expect(left[0]).toBeGreaterThan(0);
    expect(left[0]).toBeLessThanOrEqual(60);
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["timeout"]);
  });

  it("asks another instance at half time, and the late answer of the first harms nobody", async () => {
    let release: (() => void) | undefined;
    const stuck = await startServer(async (request) => {
      await new Promise<void>((resolve) => (release = resolve));
      return request;
    });
    const fine = await startServer(echo);
    const picker = new ListPicker([stuck, fine]);
    const client = openClient(picker);
    expect(await client.call(say, "Test.echo", { text: "x" }, { timeoutMs: 200 })).toEqual({ text: "x" });
    expect(picker.outcomes(stuck.port)).toEqual(["timeout"]);
    expect(picker.outcomes(fine.port)).toEqual(["success"]);
    release?.();
    await expect.poll(() => stuck.server.inFlight).toBe(0);
    picker.places = [stuck];
    const next = client.call(say, "Test.echo", { text: "y" });
    await expect.poll(() => stuck.server.inFlight).toBe(1);
    release?.();
    expect(await next).toEqual({ text: "y" });
  });

  it("does not ask twice when a repeat could do harm or nobody else is there", async () => {
    let count = 0;
    const stuck = await startServer(() => {
      count++;
      return new Promise(() => undefined);
    });
    const fine = await startServer(echo);
    const once = openClient(new ListPicker([stuck, fine])).call(order, "Test.echo", { text: "x" }, { timeoutMs: 60 });
    await expect(once).rejects.toEqual(ofReason("RPC_TIMEOUT"));
    const alone = openClient(new ListPicker([stuck])).call(say, "Test.echo", { text: "x" }, { timeoutMs: 60 });
    await expect(alone).rejects.toEqual(ofReason("RPC_TIMEOUT"));
    expect(count).toBe(2);
  });

  it("rejects at once when the signal is aborted, before or after sending", async () => {
    const place = await startServer(() => new Promise(() => undefined));
    const picker = new ListPicker([place]);
    const client = openClient(picker);
    const controller = new AbortController();
    const call = client.call(say, "Test.echo", { text: "x" }, { signal: controller.signal });
    await expect.poll(() => place.server.inFlight).toBe(1);
    controller.abort();
    await expect(call).rejects.toEqual(ofReason("RPC_CANCELLED"));
    await expect(client.call(say, "Test.echo", { text: "x" }, { signal: controller.signal })).rejects.toEqual(
      ofReason("RPC_CANCELLED"),
    );
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["cancelled"]);
    expect(client.inFlight).toBe(0);
  });

  it("rejects everything when the client is closed", async () => {
    const place = await startServer(() => new Promise(() => undefined));
    const client = openClient(new ListPicker([place]));
    const call = client.call(say, "Test.echo", { text: "x" });
    await expect.poll(() => place.server.inFlight).toBe(1);
    client.close();
    await expect(call).rejects.toEqual(ofReason("RPC_CLIENT_CLOSED"));
    await expect(client.call(say, "Test.echo", { text: "x" })).rejects.toEqual(ofReason("RPC_CLIENT_CLOSED"));
  });
});
