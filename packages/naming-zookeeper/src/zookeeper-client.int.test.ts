/** The client against servers that misbehave; the real one is in zookeeper-name-store.int.test.ts. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { silentLogger } from "@msec/core";
import { TestScope, waitUntil } from "@msec/testkit";
import { expect, it, onTestFinished } from "vitest";
import { JuteReader, JuteWriter } from "./jute.js";
import { type Connected, ZookeeperClient, type ZookeeperClientOptions } from "./zookeeper-client.js";
import { parseZookeeperTarget } from "./zookeeper-target.js";

const WAIT_MS = 15_000;
const granted = (timeoutMs: number) =>
  new JuteWriter().int(0).int(timeoutMs).long(7n).bytes(Buffer.alloc(16, 1)).bool(false).frame();
const answer = (xid: number, zxid = 1n) => new JuteWriter().int(xid).long(zxid).int(0).text("/").frame();

/** Tells each frame that a client sends, the first of a connection being the question for a session. */
async function startServer(onFrame: (socket: Socket, reader: JuteReader, frame: number) => void) {
  const scope = new TestScope();
  onTestFinished(() => scope.close());
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let frames = 0;
    let rest: Buffer = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0);
        onFrame(socket, new JuteReader(rest.subarray(4, end)), frames);
        rest = rest.subarray(end);
        frames += 1;
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scope.add(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = `zk://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open = (more: Partial<ZookeeperClientOptions> = {}) => {
    const connections: Connected[] = [];
    const client = new ZookeeperClient({
      ...{ target: parseZookeeperTarget(url), sessionTimeoutMs: 600, logger: silentLogger },
      onConnected: (connected) => connections.push(connected),
      onEvent: () => undefined,
      ...more,
    });
    client.start();
    scope.add(() => client.close({ keepSession: true }));
    return { client, connections };
  };
  return { open };
}

it("goes on asking where something else answers", async () => {
  let asked = 0;
  const { open } = await startServer((socket) => {
    asked += 1;
    socket.write(Buffer.from([0, 0, 0, 2, 9, 9]));
  });
  const { client } = open();
  await waitUntil("it asks again", () => asked > 2, WAIT_MS);
  expect(client.isConnected).toBe(false);
  expect(client.problem).toMatch(/is no ZooKeeper/);
  await expect(client.exists("/a", { watch: false })).rejects.toMatchObject({ reason: "NAME_ZOOKEEPER_UNAVAILABLE" });
});

it("gives its past up where a server closes without a word because of it", async () => {
  const zxids: bigint[] = [];
  const { open } = await startServer((socket, reader, frame) => {
    if (frame > 0) return void socket.write(answer(reader.int(), 3n));
    reader.int();
    const zxid = reader.long();
    zxids.push(zxid);
    if (zxid > 3n) socket.destroy();
    else socket.write(granted(600));
  });
  const session = { id: 7n, password: Buffer.alloc(16, 1) };
  const { connections } = open({ session, lastZxid: 900n });
  await waitUntil("it is connected", () => connections.length > 0, WAIT_MS);
  expect(zxids).toEqual([900n, 900n, 0n]);
  expect(connections[0]).toEqual({ isNewSession: false, wentBack: true });
});

it("begins a new session when the server does not know the old one", async () => {
  let asked = 0;
  const { open } = await startServer((socket, reader, frame) => {
    if (frame > 0) return void socket.write(answer(reader.int()));
    asked += 1;
    socket.write(granted(asked === 1 ? 0 : 600));
  });
  const { client, connections } = open({ session: { id: 5n, password: Buffer.alloc(16) } });
  await waitUntil("it is connected", () => connections.length > 0, WAIT_MS);
  expect(connections).toEqual([{ isNewSession: true, wentBack: false }]);
  expect(client.session.id).toBe(7n);
});

it.each([
  { name: "answers out of order", misbehave: (socket: Socket) => void socket.write(answer(999)) },
  {
    name: "announces a frame without end",
    misbehave: (socket: Socket) => void socket.write(Buffer.from([127, 0, 0, 0])),
  },
  { name: "says nothing any more, and neither closes", misbehave: () => undefined },
])("leaves a server that $name, and comes back", async ({ misbehave }) => {
  const { open } = await startServer((socket, reader, frame) => {
    if (frame === 0) socket.write(granted(600));
    else if (frame === 1) socket.write(answer(reader.int()));
    else misbehave(socket);
  });
  const { client, connections } = open();
  await waitUntil("it is connected", () => client.isConnected, WAIT_MS);
  await expect(client.exists("/a", { watch: false })).rejects.toMatchObject({
    code: expect.stringMatching(/UNAVAILABLE|DATA_LOSS/),
  });
  await waitUntil("it is connected again", () => connections.length > 1, WAIT_MS);
  expect(connections[1]).toMatchObject({ isNewSession: false });
});
