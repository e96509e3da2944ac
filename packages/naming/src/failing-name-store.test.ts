import { expect, it } from "vitest";
import { FailingNameStore } from "./failing-name-store.js";

it("refuses everything with a retryable reason, and can be closed", async () => {
  const store = new FailingNameStore();
  const calls = [store.list(), store.get(), store.put(), store.remove(), store.snapshot(), store.changesSince()];
  for (const call of calls)
    await expect(call).rejects.toMatchObject({ reason: "NAME_STORE_UNAVAILABLE", code: "UNAVAILABLE" });
  expect(store.onChange()()).toBeUndefined();
  await store.close();
});
