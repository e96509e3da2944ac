import { expect, it } from "vitest";
import { parseServiceConfig } from "./service-config.js";
import { allowed, openTls, serverSecurity } from "./service-security.js";

const parse = (text: string) => parseServiceConfig(`[SRPC]\n${text}\n`);

it("restricts nobody and needs no certificate unless told to", async () => {
  const config = parse("");
  expect(await openTls(config, { service: "Shop.cart", home: "/nowhere" })).toBeUndefined();
  expect(serverSecurity(config, undefined)).toEqual({});
});

it("reads both lists", () => {
  const config = parse("allow_callers = Shop.cart  Shop.*\nallow_from = 10.0.0.0/8 ::1");
  expect(allowed(config)).toEqual({ allowCallers: ["Shop.cart", "Shop.*"], allowFrom: ["10.0.0.0/8", "::1"] });
});

it.each([
  ["allow_callers = Shop", '[SRPC] allow_callers: "Shop" names no caller'],
  ["allow_from = 10.0.0.0/40", '[SRPC] allow_from: "10.0.0.0/40" is no address or network'],
  ["tls = on", '[SRPC] tls: is "on", use off or optional or required'],
])("refuses %s", (text, message) => {
  expect(() => parse(text)).toThrow(message);
});

it("needs to know where certificates are", async () => {
  await expect(openTls(parse("tls = required"), { service: "Shop.cart" })).rejects.toMatchObject({
    reason: "NET_TLS_FILES_INVALID",
  });
});
