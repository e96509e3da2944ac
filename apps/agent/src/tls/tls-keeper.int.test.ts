import { createPublicKey, verify, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError, silentLogger } from "@msec/core";
import { TlsDirectory } from "@msec/net";
import { type TlsTrustReply, tlsProofText } from "@msec/protocol";
import { makeTestAuthority, type TestAuthority } from "@msec/testkit";
import { generate } from "selfsigned";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ConsoleRequester } from "../console-link/console-link.js";
import { until } from "../testing/agent-fixture.js";
import { TlsKeeper } from "./tls-keeper.js";
import { bundleHash, TlsStore } from "./tls-store.js";

let authority: TestAuthority;
let directory: string;
let nowMs: number;
let keepers: TlsKeeper[];
beforeAll(async () => {
  authority = await makeTestAuthority();
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "msec-tls-"));
  nowMs = 1_000_000;
  keepers = [];
});
afterEach(async () => {
  for (const keeper of keepers) await keeper.stop();
  rmSync(directory, { recursive: true });
});

/** A console that answers what it is told to. Its certificates are signed with keys of its own: only their files matter here. */
class ScriptedLink implements ConsoleRequester {
  isConnected = true;
  wish: TlsTrustReply;
  refuses = "";
  readonly trusts: { trusted: string; issuers: readonly string[] }[] = [];
  readonly issues: { service: string; publicKey: string; proof: string }[] = [];
  #listener: () => void = () => undefined;

  constructor(services: readonly string[]) {
    this.wish = { bundle: `${authority.cert}\n`, issuer: "ca-1", certificateMs: 1_000_000, services: [...services] };
  }

  connect(): void {
    this.#listener();
  }

  onConnected(listener: () => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }

  async request(method: string, params: unknown): Promise<never> {
    const payload = new Uint8Array(0);
    if (method === "tls.trust") {
      this.trusts.push(params as never);
      return { result: this.wish, payload } as never;
    }
    const asked = params as { service: string; publicKey: string; proof: string };
    if (asked.service === this.refuses && this.refuses !== "") {
      throw new AppError({ code: "PERMISSION_DENIED", reason: "TEST", message: "refused", details: {} });
    }
    this.issues.push(asked);
    const made = await generate([{ name: "commonName", value: asked.service || "machine" }], {
      keyType: "ec",
      algorithm: "sha256",
    });
    return { result: { certificate: made.cert, issuer: this.wish.issuer }, payload } as never;
  }
}

function keep(link: ConsoleRequester, address = "10.0.0.1"): TlsKeeper {
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
  const rest = { link, clock, random: () => 0.5, logger: silentLogger };
  const keeper = new TlsKeeper({ directory, agentId: "a", address, ...rest });
  keepers.push(keeper);
  return keeper;
}

describe("TlsKeeper", () => {
  it("fetches one certificate per service and one for the machine, proves its keys, and tells what it holds", async () => {
    const link = new ScriptedLink(["Shop.cart", "../../etc"]);
    keep(link);
    link.connect();
    await until(() => link.trusts.length === 2, "it tells what it holds");
    expect(link.trusts).toEqual([
      { trusted: "", issuers: [] },
      { trusted: bundleHash(link.wish.bundle), issuers: ["ca-1"] },
    ]);
    expect(link.issues.map(({ service }) => service)).toEqual(["", "Shop.cart"]);
    for (const { service, publicKey, proof } of link.issues) {
      const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
      const text = Buffer.from(tlsProofText("a", service, publicKey));
      expect(verify("sha256", text, key, Buffer.from(proof, "base64"))).toBe(true);
    }
    expect(readdirSync(directory).toSorted()).toEqual(["Shop.cart", "machine"]);
    const current = join(directory, "Shop.cart", "current");
    expect(new X509Certificate(readFileSync(join(current, "cert.pem"))).subject).toBe("CN=Shop.cart");
    for (const file of readdirSync(current)) expect(statSync(join(current, file)).mode & 0o777).toBe(0o600);
    expect(statSync(`${current}/.`).mode & 0o777).toBe(0o700);
  });

  it("asks for nothing new after a restart, and for all when the address is another or half the life is over", async () => {
    const link = new ScriptedLink(["Shop.cart"]);
    keep(link);
    link.connect();
    await until(() => link.trusts.length === 2, "the first certificates");
    keep(link).poke();
    await until(() => link.trusts.length === 3, "a restart");
    expect(link.trusts[2]).toEqual({ trusted: bundleHash(link.wish.bundle), issuers: ["ca-1"] });
    expect(link.issues).toHaveLength(2);
    const moved = keep(link, "10.0.0.2");
    moved.poke();
    await until(() => link.issues.length === 4, "another address");
    await moved.stop();
    nowMs += 600_000;
    keep(link, "10.0.0.2").poke();
    await until(() => link.issues.length === 6, "half the life is over");
  });

  it("keeps key and certificate when only the authorities change", async () => {
    const link = new ScriptedLink([]);
    const keeper = keep(link);
    link.connect();
    await until(() => link.trusts.length === 2, "the first certificate");
    const before = new TlsStore(directory).tryRead("machine");
    link.wish = { ...link.wish, bundle: `${authority.cert}\n${authority.cert}\n` };
    keeper.poke();
    await until(() => link.trusts.length === 4, "the new authorities");
    expect(new TlsStore(directory).tryRead("machine")).toEqual({ ...before, bundle: link.wish.bundle });
    expect(link.trusts[3]?.trusted).toBe(bundleHash(link.wish.bundle));
  });

  it("serves the others when one service is refused, and is quiet with a console that knows no certificates", async () => {
    const link = new ScriptedLink(["Shop.cart", "Shop.desk"]);
    link.refuses = "Shop.cart";
    keep(link);
    link.connect();
    await until(() => link.issues.length === 2, "the others");
    await until(() => existsSync(join(directory, "Shop.desk", "current")), "it is written");
    const old = new ScriptedLink([]);
    old.request = () =>
      Promise.reject(
        new AppError({ code: "UNIMPLEMENTED", reason: "PROTO_LINK_METHOD_UNKNOWN", message: "", details: {} }),
      );
    const keeper = keep(old);
    old.connect();
    await keeper.stop();
  });
});

describe("TlsStore", () => {
  it("switches in one step and keeps what a reader may be reading", async () => {
    const store = new TlsStore(directory);
    const made = await generate([{ name: "commonName", value: "x" }], { keyType: "ec", algorithm: "sha256" });
    const held = {
      key: made.private,
      cert: made.cert,
      bundle: authority.cert,
      issuer: "i",
      address: "a",
      renewAtMs: 1,
    };
    const files = new TlsDirectory(join(directory, "x"));
    for (const version of [1, 2, 3]) {
      store.write("x", held);
      expect(readlinkSync(join(directory, "x", "current"))).toBe(`v${version}`);
      expect(files.read().version).toBe(`v${version}`);
    }
    expect(readdirSync(join(directory, "x")).toSorted()).toEqual(["current", "v2", "v3"]);
    expect(store.tryRead("x")).toEqual(held);
    rmSync(join(directory, "x", "v3", "key.pem"));
    expect(store.tryRead("x")).toBeUndefined();
  });
});
