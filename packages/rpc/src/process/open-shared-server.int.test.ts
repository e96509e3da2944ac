import { once } from "node:events";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { waitUntil } from "@msec/testkit";
import { expect, it, onTestFinished } from "vitest";
import { openSharedServer } from "./open-shared-server.js";

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

it("waits a moment for a port that is in use, then gives up and names the address", async () => {
  const first = await openSharedServer({ host: "127.0.0.1", port: 0 });
  const { port } = first.address() as AddressInfo;
  await expect(openSharedServer({ host: "127.0.0.1", port, patienceMs: 0 })).rejects.toMatchObject({
    reason: "NET_ADDRESS_IN_USE",
    details: { address: `127.0.0.1:${port}` },
  });
  const waiting = openSharedServer({ host: "127.0.0.1", port });
  // Its first attempt is over when a later one is.
  await expect(openSharedServer({ host: "127.0.0.1", port, patienceMs: 0 })).rejects.toThrow();
  await close(first);
  const second = await waiting;
  onTestFinished(() => close(second));
  expect((second.address() as AddressInfo).port).toBe(port);
});

it("does not wait for an address that this machine has not", async () => {
  await expect(openSharedServer({ host: "198.51.100.1", port: 0 })).rejects.toMatchObject({
    reason: "NET_ADDRESS_UNAVAILABLE",
  });
});

it("keeps what connects before somebody listens to it", async () => {
  const server = await openSharedServer({ host: "127.0.0.1", port: 0 });
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => {
    client.destroy();
    return close(server);
  });
  client.write("early");
  await waitUntil("the server took it", async () => (await connectionsOf(server)) === 1, 5_000);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [bytes] = (await once(socket.resume(), "data")) as [Buffer];
  socket.destroy();
  expect(bytes.toString()).toBe("early");
});

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}
