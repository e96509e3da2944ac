/**
 * `/nodeservices/<ip>`: which services have an instance on a machine. The archived console keeps it beside each change; nobody is
 * known to read it, so a failure here is only logged.
 */
import { isIpv4, type Logger, toAppError } from "@msec/core";
import type { NameStore } from "@msec/naming";
import { MACHINE_SERVICES } from "./tree.js";
import type { NodeAccess } from "./wire.js";
import type { ZookeeperClient } from "./zookeeper-client.js";

export interface NodeIndexOptions {
  readonly client: ZookeeperClient;
  readonly local: NameStore;
  readonly access: NodeAccess;
  readonly logger: Logger;
}

export class NodeIndex {
  readonly #options: NodeIndexOptions;
  readonly #touched = new Set<string>();

  constructor(options: NodeIndexOptions) {
    this.#options = options;
  }

  /** Instances of a service before and after a change. */
  touch(instances: readonly { readonly host: string }[]): void {
    for (const { host } of instances) if (isIpv4(host)) this.#touched.add(host);
  }

  /** Writes the machines that were touched. */
  async flush(): Promise<void> {
    if (this.#touched.size === 0) return;
    const hosts = [...this.#touched];
    this.#touched.clear();
    try {
      const services = await this.#servicesByHost();
      await this.#options.client.ensure(MACHINE_SERVICES, this.#options.access);
      for (const host of hosts) await this.#write(host, services.get(host) ?? []);
    } catch (error) {
      for (const host of hosts) this.#touched.add(host);
      const { reason, message } = toAppError(error);
      this.#options.logger.warn("the index of machines can't be written", { reason, message });
    }
  }

  async #servicesByHost(): Promise<Map<string, string[]>> {
    const byHost = new Map<string, Set<string>>();
    for (const { service, instances } of await this.#options.local.list()) {
      for (const { host } of instances) byHost.set(host, (byHost.get(host) ?? new Set()).add(service));
    }
    return new Map([...byHost].map(([host, services]) => [host, [...services].toSorted()]));
  }

  async #write(host: string, services: readonly string[]): Promise<void> {
    const { client, access } = this.#options;
    const path = `${MACHINE_SERVICES}/${host}`;
    if (services.length === 0) {
      await client.remove(path, -1);
      return;
    }
    const data = Buffer.from(JSON.stringify({ services }));
    const outcome = await client.write(path, data, -1);
    if (outcome === "gone") await client.create(path, data, { access });
  }
}
