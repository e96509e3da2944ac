import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import {
  makeTempDirectory,
  makeTestAuthority,
  type TestAuthority,
  TestScope,
  writeTestCertificate,
} from "@msec/testkit";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { dialTls, listenTcp, peekInput, TlsAcceptor, TlsDirectory, type TlsPeer, unreadInput } from "../index.js";

let authority: TestAuthority;
let other: TestAuthority;
beforeAll(async () => {
  authority = await makeTestAuthority("one");
  other = await makeTestAuthority("two");
});

async function certificate(options: Partial<Parameters<typeof writeTestCertificate>[1]> = {}): Promise<TlsDirectory> {
  const scope = new TestScope();
  onTestFinished(() => scope.close());
  const dir = makeTempDirectory(scope, "tls");
  return new TlsDirectory(await writeTestCertificate(dir, { authority, ...options }), { pollMs: 5 });
}

/** Echoes over TLS; `plain` counts connections whose first byte is no ClientHello. */
async function startEcho(files: TlsDirectory, options: { readShared?: boolean; handshakeTimeoutMs?: number } = {}) {
  const peers: TlsPeer[] = [];
  const failures: string[] = [];
  const acceptor = new TlsAcceptor({
    files,
    asksClients: true,
    ...options,
    onSecure: (stream, peer) => {
      peers.push(peer);
      stream.on("error", () => undefined);
      stream.pipe(stream);
    },
    onFailed: (error) => failures.push(error.message),
  });
  const listener = await listenTcp({
    readShared: options.readShared ?? true,
    onConnection: (socket) => {
      socket.on("error", () => undefined);
      peekInput(socket, () => {
        process.nextTick(() => {
          unreadInput(socket);
          acceptor.accept(socket);
        });
      });
    },
  });
  onTestFinished(async () => {
    acceptor.close();
    await listener.close();
  });
  const dial = async (clientFiles: TlsDirectory): Promise<TLSSocket> => {
    const stream = await dialTls({ host: "127.0.0.1", port: listener.address.port, files: clientFiles });
    onTestFinished(() => {
      stream.destroy();
    });
    return stream;
  };
  return { dial, peers, failures, port: listener.address.port };
}

async function echoes(stream: TLSSocket, text: string): Promise<string> {
  stream.write(text);
  let got = "";
  while (got.length < text.length) got += String((await once(stream, "data"))[0]);
  return got;
}

describe("TLS on a connection whose first bytes were read", () => {
  it.each([true, false])("works in both directions and knows the peer (shared read buffer: %s)", async (readShared) => {
    const server = await startEcho(await certificate(), { readShared });
    const stream = await server.dial(await certificate({ uri: "msec://agent-1/First.Second" }));
    const text = "x".repeat(300_000);
    expect(await echoes(stream, text)).toBe(text);
    expect(stream.getProtocol()).toBe("TLSv1.3");
    expect(server.peers).toEqual([{ uris: ["msec://agent-1/First.Second"], problem: undefined }]);
  });

  it.each([
    ["expired", { notAfter: new Date(Date.now() - 1000) }, "it has expired (CERT_HAS_EXPIRED)"],
    ["of another address", { address: "10.9.9.9" }, "it belongs to another address (ERR_TLS_CERT_ALTNAME_INVALID)"],
  ])("tells the client that the server's certificate is %s", async (_, options, problem) => {
    const server = await startEcho(await certificate(options));
    await expect(server.dial(await certificate())).rejects.toMatchObject({
      reason: "NET_TLS_CERTIFICATE_REFUSED",
      details: { address: `127.0.0.1:${server.port}`, problem },
    });
  });

  it("tells the client that no authority it trusts signed the server's certificate", async () => {
    const server = await startEcho(await certificate());
    await expect(server.dial(await certificate({ trusted: [other] }))).rejects.toMatchObject({
      message: expect.stringContaining("no trusted authority signed it"),
    });
  });

  it.each([
    ["expired", { notAfter: new Date(Date.now() - 1000) }, "CERT_HAS_EXPIRED"],
    ["of an unknown authority", { by: () => other }, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ] as [string, { notAfter?: Date; by?: () => TestAuthority }, string][])(
    "tells the server that a client's certificate is %s",
    async (_, options, problem) => {
      const server = await startEcho(await certificate());
      const { by = () => authority, ...rest } = options;
      const stream = await server.dial(await certificate({ ...rest, authority: by(), trusted: [authority] }));
      expect(await echoes(stream, "asked")).toBe("asked");
      expect(server.peers[0]?.problem).toBe(problem);
    },
  );

  it.each([
    ["TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2"],
    ["TLSv1.2", "ECDHE-ECDSA-AES128-SHA", "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE"],
    ["TLSv1.1", "ALL:@SECLEVEL=0", "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"],
  ] as const)("takes of old versions what is still safe: %s with %s", async (maxVersion, ciphers, want) => {
    const server = await startEcho(await certificate());
    const { ca } = (await certificate()).read().options;
    const options = { host: "127.0.0.1", port: server.port, ca, minVersion: "TLSv1", maxVersion, ciphers } as const;
    const stream = connectTls(options);
    onTestFinished(() => void stream.destroy());
    const outcome = await new Promise((resolve) => {
      stream.once("secureConnect", () => resolve(stream.getProtocol()));
      stream.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(outcome).toBe(want);
  });

  it("names a port that speaks no TLS", async () => {
    const listener = await listenTcp({ onConnection: (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n") });
    onTestFinished(() => listener.close());
    const { port } = listener.address;
    await expect(dialTls({ host: "127.0.0.1", port, files: await certificate() })).rejects.toMatchObject({
      reason: "NET_TLS_FAILED",
    });
  });

  it("gives up on a handshake that does not go on", async () => {
    const server = await startEcho(await certificate(), { handshakeTimeoutMs: 30 });
    const socket = connect(server.port, "127.0.0.1");
    onTestFinished(() => {
      socket.destroy();
    });
    socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1]));
    await once(socket, "close");
    expect(server.failures[0]).toContain("ERR_TLS_HANDSHAKE_TIMEOUT");
  });
});

describe("TlsDirectory", () => {
  it("takes new files for new connections while the old ones go on", async () => {
    const files = await certificate();
    const server = await startEcho(files);
    const clientFiles = await certificate({ trusted: [authority, other] });
    const before = await server.dial(clientFiles);
    let changes = 0;
    const end = files.onChange(() => changes++);
    await writeTestCertificate(files.path, { authority: other, trusted: [authority, other] });
    await expect.poll(() => changes).toBeGreaterThan(0);
    end();
    const after = await server.dial(clientFiles);
    expect(after.getPeerCertificate().issuer.CN).toBe("two");
    expect(before.getPeerCertificate().issuer.CN).toBe("one");
    expect(await echoes(before, "old")).toBe("old");
    expect(await echoes(after, "new")).toBe("new");
    expect(server.peers.map((peer) => peer.problem)).toEqual([undefined, undefined]);
  });

  it("keeps what works when new files do not", async () => {
    const files = await certificate();
    const { version } = files.read();
    await writeTestCertificate(files.path, { authority, trusted: [] });
    expect(files.read().version).toBe(version);
    expect(() => new TlsDirectory(files.path).read()).toThrow("ca.pem holds no certificate");
    expect(() => new TlsDirectory("/nowhere").read()).toThrow("are not there");
  });
});
