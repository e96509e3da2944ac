import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@msec/core";
import { NO_LABELS } from "@msec/naming";
import { tlsProofText } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../database/database.js";
import { AuthorityFile } from "./authority-file.js";
import { TlsService } from "./tls-service.js";

const LIFE_MS = 7 * 86_400_000;
let database: Database;
let directory: string;
let nowMs: number;
let online: Set<string>;
let changes: number;
let tls: TlsService;

beforeEach(async () => {
  database = await openDatabase(":memory:");
  directory = mkdtempSync(join(tmpdir(), "msec-ca-"));
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  online = new Set(["a", "b"]);
  changes = 0;
  for (const [machineId, address] of [
    ["a", "10.0.0.1"],
    ["b", "10.0.0.2"],
  ] as const) {
    const rest = {
      labels: NO_LABELS,
      publicKey: "",
      agentVersion: "0",
      platform: "p",
      joinedAtMs: 1,
      lastSeenAtMs: nowMs,
    };
    await database.stores.machines.add({ machineId, name: `m${machineId}`, address, ...rest });
  }
  const { services } = database.stores;
  await services.addGroup({ name: "Shop", kind: "standard", createdAtMs: 1 } as never);
  const cart = { first: "Shop", second: "cart", createdAtMs: 1 };
  const settings = { policy: "adaptive", locality: "none", partition: false, check: "none", tuning: {} } as const;
  await services.addService({ ...cart, language: "typescript", port: 80, memo: "", settings });
  const rest = { transport: "all", weight: 100, labels: NO_LABELS, status: "disabled", releaseMemo: "" } as const;
  await services.addInstance({ ...cart, ...rest, host: "10.0.0.1", port: 80 });
  tls = await open();
});
afterEach(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

/** As a console that starts on the same home. */
const open = (): Promise<TlsService> =>
  TlsService.open({
    file: new AuthorityFile(join(directory, "identity", "service-ca.json")),
    database,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() },
    logger: silentLogger,
    certificateMs: LIFE_MS,
    isOnline: (machineId) => online.has(machineId),
    onChanged: () => changes++,
  });

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");
const keyPair = (namedCurve = "P-256") => generateKeyPairSync("ec", { namedCurve });

function request(agentId: string, service: string, keys = keyPair(), prover: KeyObject = keys.privateKey) {
  const publicKey = keys.publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const text = Buffer.from(tlsProofText(agentId, service, publicKey));
  return { service, publicKey, proof: sign("sha256", text, prover).toString("base64") };
}

/** An agent does what it is told, and says so. */
async function follow(agentId: string): Promise<void> {
  let held = { trusted: "", issuers: [] as string[] };
  for (let round = 0; round < 2; round++) {
    const wish = await tls.trust(agentId, held);
    held = { trusted: hashOf(wish.bundle), issuers: [wish.issuer] };
  }
  await tls.trust(agentId, held);
}

describe("certificates", () => {
  it("name the machine and the service, are for clients and servers, and live as long as they should", async () => {
    const wish = await tls.trust("a", { trusted: "", issuers: [] });
    expect(wish.services).toEqual(["Shop.cart"]);
    const { certificate, issuer } = await tls.issue("a", request("a", "Shop.cart"));
    expect(issuer).toBe(wish.issuer);
    const [authority, leaf] = [new X509Certificate(wish.bundle), new X509Certificate(certificate)];
    expect(authority.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(authority) && leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.subjectAltName).toBe("IP Address:10.0.0.1, URI:msec://a/Shop.cart");
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(Date.parse(leaf.validTo) - nowMs).toBe(LIFE_MS);
  });

  it("are refused for a service on another machine, a key of somebody else and another kind of key", async () => {
    await expect(tls.issue("b", request("b", "Shop.cart"))).rejects.toMatchObject({
      reason: "CON_TLS_SERVICE_NOT_HERE",
      message: expect.stringContaining("machine mb gets no certificate for Shop.cart"),
    });
    const wrong = [
      request("b", "Shop.cart"),
      request("a", "Shop.cart", keyPair(), keyPair().privateKey),
      request("a", "Shop.cart", keyPair("P-384")),
      { service: "", publicKey: "AAAA", proof: "AAAA" },
    ];
    for (const each of wrong) {
      await expect(tls.issue("a", each)).rejects.toMatchObject({ reason: "CON_TLS_PROOF_INVALID" });
    }
    const machine = new X509Certificate((await tls.issue("b", request("b", ""))).certificate);
    expect(machine.subjectAltName).toBe("IP Address:10.0.0.2, URI:msec://b/");
  });

  it("are refused for a foreign service, also where one has its address", async () => {
    const { services } = database.stores;
    await services.addGroup({ name: "Database", kind: "external", createdAtMs: 1 });
    const mysql = { first: "Database", second: "mysql", createdAtMs: 1 };
    const settings = { policy: "odd", locality: "none", partition: false, check: "tcp", tuning: {} } as const;
    await services.addService({ ...mysql, language: "", port: 0, memo: "", settings });
    const rest = { transport: "tcp", weight: 100, labels: NO_LABELS, status: "enabled", releaseMemo: "" } as const;
    await services.addInstance({ ...mysql, ...rest, host: "10.0.0.1", port: 3306 });
    expect((await tls.trust("a", { trusted: "", issuers: [] })).services).toEqual(["Shop.cart"]);
    const asked = tls.issue("a", request("a", "Database.mysql"));
    await expect(asked).rejects.toMatchObject({ reason: "CON_TLS_SERVICE_NOT_HERE" });
  });

  it("come from the same authority after a restart; its key is for the owner only", async () => {
    const { issuer } = await tls.trust("a", { trusted: "", issuers: [] });
    tls = await open();
    expect(await tls.trust("a", { trusted: "", issuers: [] })).toMatchObject({ issuer });
    expect(statSync(join(directory, "identity", "service-ca.json")).mode & 0o777).toBe(0o600);
  });
});

describe("the exchange of the authority", () => {
  it("spreads trust before anything is signed with the new one, and forgets the old one last", async () => {
    for (const agentId of ["a", "b"]) await follow(agentId);
    const { issuer: old } = await tls.trust("a", { trusted: "", issuers: [] });
    await follow("a");
    expect(await tls.rotate()).toMatchObject({ phase: "spreading" });
    await expect(tls.rotate()).rejects.toMatchObject({ reason: "CON_TLS_ROTATION_RUNNING" });
    const spreading = await tls.trust("a", { trusted: "", issuers: [old] });
    expect(spreading).toMatchObject({ issuer: old });
    expect(spreading.bundle.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    await follow("a");
    expect(await tls.status()).toMatchObject({
      phase: "spreading",
      machines: [{ state: "done" }, { state: "waiting" }],
    });
    tls = await open(); // a restart forgets who has confirmed, nothing else
    for (const agentId of ["a", "b"]) await follow(agentId);
    const issuing = await tls.status();
    expect(issuing).toMatchObject({ phase: "issuing", authorities: [{ isIssuer: false }, { isIssuer: true }] });
    const fresh = await tls.trust("a", { trusted: hashOf(spreading.bundle), issuers: [old] });
    expect(fresh.issuer).not.toBe(old);
    expect((await tls.status()).phase).toBe("issuing");
    for (const agentId of ["a", "b"]) await follow(agentId);
    expect(await tls.status()).toMatchObject({ phase: "steady", authorities: [{ id: fresh.issuer, isIssuer: true }] });
    expect(changes).toBe(3);
  });

  it("waits for a machine that is away until its certificates are void", async () => {
    online.delete("b");
    await tls.rotate();
    await follow("a");
    nowMs += LIFE_MS - 1;
    await tls.advance();
    expect((await tls.status()).phase).toBe("spreading");
    nowMs += 2;
    await tls.advance();
    expect(await tls.status()).toMatchObject({
      phase: "issuing",
      machines: [{ state: "waiting" }, { state: "expired" }],
    });
    online.add("b");
    expect(await tls.status()).toMatchObject({ machines: [{ state: "waiting" }, { state: "waiting" }] });
    for (const agentId of ["a", "b"]) await follow(agentId);
    for (const agentId of ["a", "b"]) await follow(agentId);
    expect((await tls.status()).phase).toBe("steady");
  });

  it("is done at once where there is no machine", async () => {
    for (const machineId of ["a", "b"]) await database.stores.machines.remove(machineId);
    expect(await tls.rotate()).toMatchObject({ phase: "steady", machines: [] });
  });
});
