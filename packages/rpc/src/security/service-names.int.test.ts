/** A service that is called by name over TLS must prove the name; real connections, two services. */
import { join } from "node:path";
import { TlsDirectory } from "@msec/net";
import {
  makeTempDirectory,
  makeTestAuthority,
  type TestAuthority,
  TestScope,
  writeTestCertificate,
} from "@msec/testkit";
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createRpcClient, type RpcClient } from "../client/client.js";
import type { CallOutcome } from "../client/picker.js";
import { method, startServer } from "../server/server-fixture.js";

let authority: TestAuthority;
let root: string;
const scope = new TestScope();
beforeAll(async () => {
  authority = await makeTestAuthority("only");
  root = makeTempDirectory(scope, "service-names");
  return () => scope.close();
});

/** What the picker was told, in order. */
let told: CallOutcome[];
/** Requests that a handler saw, by the identity of its server. */
let served: (string | undefined)[];
/** Where the names lead, best first. */
let ports: Record<string, readonly number[]>;
beforeEach(() => {
  told = [];
  served = [];
  ports = {};
});

let count = 0;
async function files(identity: string | undefined): Promise<TlsDirectory> {
  const uri = identity === undefined ? {} : { uri: `msec://agent-1/${identity}` };
  return new TlsDirectory(await writeTestCertificate(join(root, `${++count}`), { authority, ...uri }));
}

/** @param identity `First.Second`, empty for the machine's; undefined: the certificate names nobody */
async function serverOf(identity: string | undefined): Promise<number> {
  const tls = { mode: "required" as const, files: await files(identity) };
  const handler = (request: { text: string }) => {
    served.push(identity);
    return request;
  };
  return (await startServer(handler, { security: { tls } })).port;
}

async function startClient(mode: "off" | "required" = "required"): Promise<RpcClient> {
  const pick = (service: string, tried: readonly string[]) => {
    const [first, ...others] = ports[service]!;
    const port = [first!, ...others].find((each) => !tried.includes(`127.0.0.1:${each}`)) ?? first!;
    const report = (outcome: CallOutcome) => void told.push(outcome);
    return { host: "127.0.0.1", port, transport: "tcp" as const, report };
  };
  const tls = { mode, files: await files("Test.Client") };
  const client = createRpcClient({ service: "Test.Client", picker: { pick }, tls });
  onTestFinished(() => client.close());
  return client;
}

const ask = (client: RpcClient, target: string): Promise<string> =>
  client
    .call({ ...method, isIdempotent: false }, target, { text: "hello" }, { timeoutMs: 5_000 })
    .then((answer) => answer.text);

describe("a service that is called by name over TLS", () => {
  it("answers when its certificate is of that service", async () => {
    ports = { "Shop.Cart": [await serverOf("Shop.Cart")] };
    expect(await ask(await startClient(), "Shop.Cart")).toBe("hello");
    expect(told).toEqual(["success"]);
  });

  it.each([
    ["of another service", "Shop.Desk", "its certificate is for msec://agent-1/Shop.Desk;"],
    ["of one whose name begins with it", "Shop.Cart2", "its certificate is for msec://agent-1/Shop.Cart2;"],
    ["of the same name in other letters", "Shop.cart", "its certificate is for msec://agent-1/Shop.cart;"],
    ["of the machine", "", "its certificate is for msec://agent-1/;"],
    ["without an identity", undefined, "its certificate is for no service at all;"],
  ])("is sent nothing when its certificate is %s", async (_, identity, words) => {
    ports = { "Shop.Cart": [await serverOf(identity)] };
    await expect(ask(await startClient(), "Shop.Cart")).rejects.toMatchObject({
      reason: "NET_TLS_SERVICE_REFUSED",
      code: "UNAVAILABLE",
      message: expect.stringMatching(new RegExp(`does not prove to be Shop\\.Cart: ${words.replaceAll(".", "\\.")}`)),
      details: expect.objectContaining({ service: "Shop.Cart" }),
    });
    expect(served).toEqual([]);
    expect(told[0]).toBe("refused");
  });

  it("is looked for at the next instance, also by calls that must not run twice", async () => {
    ports = { "Shop.Cart": [await serverOf("Shop.Desk"), await serverOf("Shop.Cart")] };
    expect(await ask(await startClient(), "Shop.Cart")).toBe("hello");
    expect(told).toEqual(["refused", "success"]);
    expect(served).toEqual(["Shop.Cart"]);
  });

  it("is told from another one at the same address, whichever is called first, as long as the client lives", async () => {
    const port = await serverOf("Shop.Cart");
    ports = { "Shop.Cart": [port], "Shop.Desk": [port] };
    const client = await startClient();
    for (let round = 0; round < 3; round++) {
      await expect(ask(client, "Shop.Desk")).rejects.toMatchObject({ reason: "NET_TLS_SERVICE_REFUSED" });
      expect(await ask(client, "Shop.Cart")).toBe("hello");
      expect(await ask(client, `127.0.0.1:${port}`)).toBe("hello");
    }
    await expect(ask(client, "Shop.Desk")).rejects.toMatchObject({ reason: "NET_TLS_SERVICE_REFUSED" });
    expect(served).toHaveLength(6);
  });
});

describe("an address that is called over TLS", () => {
  it("may be any service", async () => {
    const port = await serverOf("Shop.Desk");
    expect(await ask(await startClient("off"), `127.0.0.1:${port}@tls`)).toBe("hello");
    expect(await ask(await startClient(), `127.0.0.1:${port}`)).toBe("hello");
  });
});
