/** Runs the service in the test's own process and calls it both ways in which it can be called. */
import { connect, type RunningService, runService } from "@msec/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EchoService } from "./gen/echo.js";
import definition from "./service.js";

const client = connect({ caller: "test" });
let service: RunningService;
let address = "";

beforeAll(async () => {
  service = await runService(definition, { service: "Echo.server", config: "[SRPC]\nlisten=127.0.0.1:0/tcp\n" });
  address = service.addresses[0]?.replace("/tcp", "") ?? "";
});
afterAll(async () => {
  client.close();
  await service.stop();
});

test("says back what a typed client sends", async () => {
  const answer = await client.call(EchoService.methods.Echo, `${address}@tcp`, { message: "hello world" });
  expect(answer).toEqual({ message: "hello world" });
});

test("says back what comes as JSON over HTTP", async () => {
  const url = `http://${address}/?methodName=${EchoService.methods.Echo.fullName}`;
  const response = await fetch(url, { method: "POST", body: JSON.stringify({ message: "grüß dich" }) });
  expect(await response.json()).toMatchObject({ ret: 0, resultObj: { message: "grüß dich" } });
});
