import { join } from "node:path";
import { connect } from "node:tls";
import { TlsDirectory } from "@msec/net";
import {
  makeTempDirectory,
  makeTestAuthority,
  type TestAuthority,
  type TestCertificateOptions,
  TestScope,
  writeTestCertificate,
} from "@msec/testkit";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createRpcClient, type RpcClient } from "../client/client.js";
import type { Picker } from "../client/picker.js";
import type { RpcServer } from "../server/rpc-server.js";
import { method, RawPeer, requestFrame, startServer, until } from "../server/server-fixture.js";
import type { ClientTls } from "./client-tls.js";
import type { ServerSecurity, ServerTls } from "./server-security.js";

let authority: TestAuthority;
let successor: TestAuthority;
let root: string;
const scope = new TestScope();
beforeAll(async () => {
  authority = await makeTestAuthority("first");
  successor = await makeTestAuthority("second");
  root = makeTempDirectory(scope, "rpc-tls");
  return () => scope.close();
});

const NO_PICKS: Picker = {
  pick: (service) => {
    throw new TypeError(`${service} is no address`);
  },
};
let count = 0;
async function files(options: Partial<TestCertificateOptions> = {}): Promise<TlsDirectory> {
  const dir = join(root, `${++count}`);
  return new TlsDirectory(await writeTestCertificate(dir, { authority, ...options }), { pollMs: 5 });
}

const uriOf = (service: string): string => `msec://agent-1/${service}`;

async function startSecure(
  tls: Partial<ServerTls> = {},
  security: ServerSecurity = {},
): Promise<{ port: number; server: RpcServer; serverFiles: TlsDirectory }> {
  const serverFiles = tls.files ?? (await files());
  const { port, server } = await startServer((request) => request, {
    security: { tls: { mode: "required", files: serverFiles, ...tls }, ...security },
  });
  return { port, server, serverFiles };
}

function clientWith(tls?: ClientTls, service = "Test.Client"): RpcClient {
  const client = createRpcClient({ service, picker: NO_PICKS, ...(tls && { tls }) });
  onTestFinished(() => client.close());
  return client;
}

const ask = (client: RpcClient, target: string): Promise<string> =>
  client.call(method, target, { text: "hello" }, { timeoutMs: 5_000 }).then((answer) => answer.text);

describe("TLS on the RPC port", () => {
  it("answers calls over TLS, both when all calls need it and when one target does", async () => {
    const { port } = await startSecure();
    const clientFiles = await files();
    expect(await ask(clientWith({ mode: "required", files: clientFiles }), `127.0.0.1:${port}`)).toBe("hello");
    expect(await ask(clientWith({ mode: "off", files: clientFiles }), `127.0.0.1:${port}@tls`)).toBe("hello");
  });

  it("answers HTTP over TLS too, and nothing older than TLS 1.2", async () => {
    const { port, server } = await startSecure();
    const at = { host: "127.0.0.1", port, ...(await files()).read().options };
    const socket = connect({ ...at, ca: authority.cert });
    onTestFinished(() => void socket.destroy());
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write('POST /?methodName=test.Echo.Say HTTP/1.1\r\nContent-Length: 17\r\n\r\n{"text":"secure"}');
    await until(() => text.includes('"secure"'));
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    const old = connect({ ...at, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" });
    onTestFinished(() => void old.destroy());
    let refusal = "";
    old.on("error", (error) => {
      refusal = error.message;
    });
    await until(() => refusal !== "" && server.refused["tls handshake"] === 1);
  });

  it("tells a plain caller what is wrong in its own protocol, and closes", async () => {
    const { port, server } = await startSecure();
    const plain = new RawPeer(port);
    plain.socket.write(requestFrame(7, "x"));
    await until(() => plain.isClosed);
    expect(plain.answers()[0]!.head).toMatchObject({ sequenceLow: 7, err: -111, reason: "RPC_TLS_REQUIRED" });
    await expect(ask(clientWith(), `127.0.0.1:${port}`)).rejects.toMatchObject({ reason: "RPC_TLS_REQUIRED" });
    const http = new RawPeer(port);
    http.socket.write("POST /?methodName=test.Echo.Say HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}");
    await until(() => http.isClosed);
    expect(http.text).toContain("RPC_TLS_REQUIRED");
    expect(server.refused).toEqual({ "tls required": 3 });
  });

  it("takes plain and TLS callers on one port when it is optional", async () => {
    const { port } = await startSecure({ mode: "optional" });
    const clientFiles = await files();
    const plain = new RawPeer(port);
    const [byte, ...rest] = requestFrame(1, "byte by byte");
    plain.socket.write(Buffer.from([byte!]));
    expect(await ask(clientWith({ mode: "required", files: clientFiles }), `127.0.0.1:${port}`)).toBe("hello");
    plain.socket.write(Buffer.from(rest));
    await until(() => plain.answers()[0]?.text === "byte by byte");
  });

  it.each([
    ["none", "NO_CERTIFICATE", async () => undefined],
    ["an expired one", "it has expired (CERT_HAS_EXPIRED)", () => files({ notAfter: new Date(Date.now() - 1000) })],
    [
      "one of a foreign authority",
      "no trusted authority signed it",
      () => files({ authority: successor, trusted: [authority] }),
    ],
  ])("asks clients for a certificate and says what is wrong with %s", async (_, problem, make) => {
    const { port, server } = await startSecure();
    const clientFiles = await make();
    if (clientFiles === undefined) {
      const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
      onTestFinished(() => void socket.destroy());
      const chunks: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.write(requestFrame(1, "x"));
      await until(() => Buffer.concat(chunks).includes("RPC_CERTIFICATE_REFUSED"));
      expect(Buffer.concat(chunks).toString()).toContain(problem);
    } else {
      const error = await ask(clientWith({ mode: "required", files: clientFiles }), `127.0.0.1:${port}`).catch(
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ reason: "RPC_CERTIFICATE_REFUSED", message: expect.stringContaining(problem) });
    }
    expect(server.refused).toEqual({ certificate: 1 });
  });

  it("refuses a server whose certificate has expired before anything is sent", async () => {
    const { port } = await startSecure({ files: await files({ notAfter: new Date(Date.now() - 1000) }) });
    const client = clientWith({ mode: "required", files: await files() });
    await expect(ask(client, `127.0.0.1:${port}`)).rejects.toMatchObject({
      reason: "NET_TLS_CERTIFICATE_REFUSED",
      message: expect.stringContaining("it has expired"),
    });
  });

  it("sends nothing over UDP when calls need TLS", async () => {
    const client = clientWith({ mode: "required", files: await files() });
    await expect(ask(client, "127.0.0.1:9@udp")).rejects.toMatchObject({ reason: "RPC_TLS_REQUIRED" });
    await expect(ask(clientWith(), "127.0.0.1:9@tls")).rejects.toMatchObject({ reason: "NET_TLS_FILES_INVALID" });
  });

  it("loses no call while authority and certificates are exchanged", async () => {
    const { port, serverFiles } = await startSecure();
    const clientFiles = await files();
    const client = clientWith({ mode: "required", files: clientFiles });
    let answered = 0;
    let isOver = false;
    const failures: unknown[] = [];
    const caller = async (): Promise<void> => {
      while (!isOver) {
        await ask(client, `127.0.0.1:${port}`).then(
          () => answered++,
          (error: unknown) => failures.push(error),
        );
      }
    };
    const callers = [caller(), caller(), caller(), caller()];
    const phases: Partial<TestCertificateOptions>[] = [
      { authority, trusted: [authority, successor] },
      { authority: successor, trusted: [authority, successor] },
      { authority: successor, trusted: [successor] },
    ];
    for (const phase of phases) {
      for (const { path } of [serverFiles, clientFiles]) {
        await writeTestCertificate(path, { authority, ...phase });
        const before = answered;
        await until(() => answered > before + 200);
      }
    }
    isOver = true;
    await Promise.all(callers);
    expect(failures).toEqual([]);
    expect(clientFiles.read().options.ca).toHaveLength(1);
  });
});

describe("the list of callers", () => {
  it("counts the name that a certificate proves, whatever the caller says", async () => {
    const { port, server } = await startSecure({}, { allowCallers: ["Shop.*"] });
    const target = `127.0.0.1:${port}`;
    const shop: ClientTls = { mode: "required", files: await files({ uri: uriOf("Shop.Cart") }) };
    const other: ClientTls = { mode: "required", files: await files({ uri: uriOf("Other.Cart") }) };
    expect(await ask(clientWith(shop, "Test.Client"), target)).toBe("hello");
    await expect(ask(clientWith(other, "Shop.Cart"), target)).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "RPC_CALLER_REFUSED",
      message: expect.stringContaining("Other.Cart may not call"),
    });
    await expect(ask(clientWith({ ...shop, files: await files() }), target)).rejects.toMatchObject({
      message: expect.stringContaining("a caller without a name"),
    });
    const program: ClientTls = { mode: "required", files: await files({ uri: uriOf("") }) };
    await expect(ask(clientWith(program), target)).rejects.toMatchObject({
      message: expect.stringContaining("agent:agent-1"),
    });
    server.allow({ allowCallers: ["agent:agent-1"] });
    expect(await ask(clientWith(program), target)).toBe("hello");
    await expect(ask(clientWith(shop), target)).rejects.toMatchObject({ reason: "RPC_CALLER_REFUSED" });
    server.allow({});
    expect(await ask(clientWith(other), target)).toBe("hello");
    expect(server.refused).toEqual({ caller: 4 });
  });

  it("believes what callers say where there is no TLS", async () => {
    const { port } = await startServer((request) => request, { security: { allowCallers: ["Shop.Cart"] } });
    expect(await ask(clientWith(undefined, "Shop.Cart"), `127.0.0.1:${port}`)).toBe("hello");
    await expect(ask(clientWith(undefined, "Shop.Card"), `127.0.0.1:${port}`)).rejects.toMatchObject({
      reason: "RPC_CALLER_REFUSED",
    });
  });
});
