import { afterEach, expect, it } from "vitest";
import { defineService } from "../define-service.js";
import { Echo } from "../host/host-fixture.js";
import { getRoute, updateRoute, withRoute } from "../runtime.js";
import { createTestCluster, type TestCluster } from "../testing/test-cluster.js";
import type { Route } from "./table-picker.js";

let cluster: TestCluster<"Shop.cart"> | undefined;
afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

/** A service whose method does this with two databases, in virtual time. */
async function open(use: (text: string) => Promise<string>): Promise<TestCluster<"Shop.cart">> {
  const handler = async ({ text }: { text: string }) => ({ text: await use(text) });
  const definition = defineService(Echo, { say: handler, sleep: handler });
  const routes = { "Shop.mysql": ["10.0.0.1:3306", "[fd00::5]:3306"] };
  cluster = await createTestCluster({ services: [{ service: "Shop.cart", definition }], routes });
  return cluster;
}

const ask = (text = "x", timeoutMs = 1_000) =>
  cluster!.clock.until(cluster!.call(Echo.methods.Sleep, "Shop.cart", { text }, { timeoutMs }));
const readSlowly =
  (text: string) =>
  async ({ address }: Route): Promise<string> => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return `${text} by ${address}`;
  };

it("withRoute hands out an address, measures, and notes the use in the request and in the metrics", async () => {
  const use = (text: string) => withRoute("Shop.mysql", readSlowly(text), { operation: "SELECT" });
  await open(use);
  const seen = new Set<string>();
  for (let n = 0; n < 20; n++) seen.add((await ask()).text ?? "");
  expect(seen).toEqual(new Set(["x by 10.0.0.1:3306", "x by [fd00::5]:3306"]));
  const call = cluster!.hops()[0]?.calls[0];
  expect(call).toMatchObject({ target: "Shop.mysql", method: "SELECT", reason: "", attempt: 0 });
  expect(call?.costMs).toBeCloseTo(20, 0);
  expect(cluster!.metrics("Shop.cart")["frm.rpc call [Shop.mysql:SELECT] success"]).toBe(20);
});

it("withRoute keeps away from an instance whose connections are refused, and passes the error on", async () => {
  const used: string[] = [];
  await open((text) =>
    withRoute("Shop.mysql", ({ ip }) => {
      used.push(ip);
      if (ip === "10.0.0.1") throw Object.assign(new Error("no server"), { code: "ECONNREFUSED" });
      return text;
    }),
  );
  const answers: unknown[] = [];
  for (let n = 0; n < 40; n++) answers.push(await ask().catch((error: unknown) => error));
  expect(used.filter((ip) => ip === "10.0.0.1").length).toBeLessThanOrEqual(2);
  const failed = cluster!.hops().flatMap((hop) => hop.calls.filter((call) => call.reason !== ""));
  expect(failed[0]).toMatchObject({ address: "10.0.0.1:3306", reason: "EXEC_FOREIGN_CALL_FAILED" });
  expect(answers.filter((answer) => !(answer instanceof Error)).length).toBeGreaterThanOrEqual(38);
});

it("withRoute ends with the request's time or its own, and blames the instance for it", async () => {
  const ends: string[] = [];
  await open((text) =>
    withRoute(
      "Shop.mysql",
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            ends.push((signal.reason as Error).name);
            reject(signal.reason as Error);
          });
        }),
      text === "short" ? { timeoutMs: 30 } : {},
    ),
  );
  await expect(ask("short")).rejects.toThrow();
  await expect(ask("long", 100)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect(ends[0]).toBe("TimeoutError");
  expect(ends).toHaveLength(2);
});

it("updateRoute notes the use too, and what an error means can be said", async () => {
  await open(async (text) => {
    const { ip, port } = getRoute("Shop.mysql");
    updateRoute("Shop.mysql", ip, port, text === "bad" ? "refused" : true, 7);
    return ip;
  });
  await ask();
  expect(cluster!.hops()[0]?.calls[0]).toMatchObject({ target: "Shop.mysql", method: "use", costMs: 7, reason: "" });
  const { text: refusing } = await ask("bad");
  const after: (string | undefined)[] = [];
  for (let n = 0; n < 20; n++) after.push((await ask()).text);
  expect(after).not.toContain(refusing);
  await cluster!.close();
  const duplicate = Object.assign(new Error("duplicate key"), { code: "ER_DUP_ENTRY" });
  await open(async () => {
    const outcomeOf = () => "success" as const;
    return withRoute("Shop.mysql", () => Promise.reject(duplicate), { outcomeOf }).catch(() => "there already");
  });
  for (let n = 0; n < 30; n++) await ask();
  const places = new Set(cluster!.hops().map((hop) => hop.calls[0]?.address));
  expect(places.size, "both are in use").toBe(2);
});
