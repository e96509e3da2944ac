/** A ZooKeeper client of a test's own: what an agent or a console of the old kind does to the tree. */
import { silentLogger } from "@msec/core";
import type { NodeEvent } from "../wire.js";
import { ZookeeperClient } from "../zookeeper-client.js";
import { parseZookeeperTarget } from "../zookeeper-target.js";

export interface TestClient {
  readonly client: ZookeeperClient;
  /** All that watches told. */
  readonly events: readonly NodeEvent[];
  /** As the archived console writes: parents, node, then data, whatever the version. */
  write(path: string, text: string): Promise<void>;
  text(path: string): Promise<string | undefined>;
}

/** Connected when it is given; closed with `scope`. */
export async function openTestClient(
  scope: { add(giveBack: () => unknown): void },
  url: string,
  sessionTimeoutMs = 4_000,
): Promise<TestClient> {
  const events: NodeEvent[] = [];
  const client = await new Promise<ZookeeperClient>((resolve) => {
    const opened = new ZookeeperClient({
      ...{ target: parseZookeeperTarget(url), sessionTimeoutMs, logger: silentLogger },
      onConnected: () => resolve(opened),
      onEvent: (event) => events.push(event),
    });
    scope.add(() => opened.close({ keepSession: false }));
    opened.start();
  });
  return {
    client,
    events,
    write: async (path, text) => {
      await client.ensure(path, "open");
      await client.write(path, Buffer.from(text), -1);
    },
    text: async (path) => (await client.read(path, { watch: false }))?.data.toString(),
  };
}
