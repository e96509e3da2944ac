import { chmodSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@msec/core";
import { makeTempDirectory, makeTestAuthority, TestScope, writeTestCertificate } from "@msec/testkit";
import { expect, it, onTestFinished } from "vitest";
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

it("warns of a private key of its own that other users can read or write", async () => {
  const scope = new TestScope();
  onTestFinished(() => scope.close());
  const dir = makeTempDirectory(scope, "tls");
  await writeTestCertificate(dir, { authority: await makeTestAuthority() });
  const warned: unknown[] = [];
  const logger = { ...silentLogger, warn: (_: string, fields?: object) => void warned.push(fields) };
  const config = parse(`tls = required\ntls_dir = ${dir}`);
  const path = join(dir, "key.pem");
  for (const mode of [0o600, 0o400, 0o640, 0o604, 0o620]) {
    chmodSync(path, mode);
    await openTls(config, { service: "Shop.cart", logger });
  }
  expect(warned).toEqual(["0640", "0604", "0620"].map((mode) => ({ path, mode })));
});
