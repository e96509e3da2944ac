/** Pickers, budgets and sinks are code of others: what they throw must not leave a call open, nor flood the log. */
import { type Logger, silentLogger } from "@msec/core";
import { expect, it } from "vitest";
import type { Picker, RetryTokens } from "../index.js";
import { deadPlace, echo, ListPicker, openClient, type Place, say, startRaw, startServer } from "./client-fixture.js";

const BUG = new TypeError("a bug of the picker's author");
const throwBug = (): never => {
  throw BUG;
};
const never = (): Promise<never> => new Promise(() => undefined);

function listed(): { readonly logger: Logger; readonly told: { msg: string; fields: unknown }[] } {
  const told: { msg: string; fields: unknown }[] = [];
  return { logger: { ...silentLogger, error: (msg, fields) => void told.push({ msg, fields }) }, told };
}

const reportless = (places: readonly Place[]): Picker => {
  const list = new ListPicker(places);
  return { pick: (service, tried) => ({ ...list.pick(service, tried), report: throwBug }) };
};

it("answers calls whose picker fails to take the report, and tells so once", async () => {
  const place = await startServer(echo);
  const { logger, told } = listed();
  const client = openClient(reportless([place]), { logger });
  const calls = [1, 2, 3].map((n) => client.call(say, "Test.echo", { text: `${n}` }));
  expect(await Promise.all(calls)).toEqual([{ text: "1" }, { text: "2" }, { text: "3" }]);
  expect(told).toEqual([{ msg: "picker failed", fields: { error: BUG } }]);
  expect(client.inFlight).toBe(0);
});

it.each([
  ["a refused connection", deadPlace, "NET_REFUSED"],
  ["a lost connection", () => startRaw((socket) => socket.once("data", () => socket.destroy())), "NET_RESET"],
  ["a timeout", () => startServer(never), "RPC_TIMEOUT"],
])("fails calls whose picker fails to take the report of %s", async (_name, place, reason) => {
  const client = openClient(reportless([await place(), await place()]));
  await expect(client.call(say, "Test.echo", { text: "a" }, { timeoutMs: 60 })).rejects.toMatchObject({ reason });
  expect(client.inFlight).toBe(0);
});

it.each([
  ["throws", throwBug, "a bug of the picker's author"],
  ["gives nothing", () => undefined as never, "Cannot read"],
])("rejects calls whose picker %s, and tells so once", async (_name, pick, text) => {
  const { logger, told } = listed();
  const client = openClient({ pick }, { logger });
  for (const n of [1, 2, 3]) await expect(client.call(say, "Test.echo", { text: `${n}` })).rejects.toThrow(text);
  expect(told.map(({ msg }) => msg)).toEqual(["picker failed"]);
  expect(client.inFlight).toBe(0);
});

it.each(["onCall", "take", "giveBack"] as const)("settles calls whose budget throws in %s", async (broken) => {
  const budget: RetryTokens = {
    onCall: () => undefined,
    take: () => true,
    giveBack: () => undefined,
    [broken]: throwBug,
  };
  const place = await startServer(never);
  const list = new ListPicker([place, await startServer(never)]);
  const { logger, told } = listed();
  const client = openClient({ pick: (service, tried) => list.pick(service, tried), budget: () => budget }, { logger });
  const options = { timeoutMs: 80, hedge: { afterMs: 5 } };
  await expect(client.call(say, "Test.echo", { text: "a" }, options)).rejects.toThrow();
  list.places = [place];
  await expect(client.call(say, "Test.echo", { text: "a" }, options)).rejects.toThrow();
  expect(told).toEqual([{ msg: "picker failed", fields: { error: BUG } }]);
  expect(client.inFlight).toBe(0);
});

it("tells once of a sink that fails with every call", async () => {
  const place = await startServer(echo);
  const { logger, told } = listed();
  const client = openClient(new ListPicker([place]), { logger, events: { onRequest: throwBug, onCall: throwBug } });
  for (const text of ["a", "b", "c"]) expect(await client.call(say, "Test.echo", { text })).toEqual({ text });
  expect(told).toEqual([{ msg: "call event sink failed", fields: { error: BUG } }]);
});
