/**
 * All connected agents. A connection may only join, or prove its identity; then it is the machine's one connection, and an
 * older one of the same agent is closed.
 */
import type { TLSSocket } from "node:tls";
import type { consoleRequests } from "@msec/protocol";
import type { Static } from "typebox";
import { AgentConnection, type ConsolePeer } from "./agent-connection.js";
import { AgentAway } from "./errors.js";
import type { HubOptions } from "./hub-contract.js";

type Asks = typeof consoleRequests;

export class AgentHub {
  readonly #options: HubOptions;
  readonly #online = new Map<string, ConsolePeer>();
  readonly #all = new Set<AgentConnection>();
  #isClosed = false;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  isOnline(agentId: string): boolean {
    return this.#online.has(agentId);
  }

  onlineAgentIds(): readonly string[] {
    return [...this.#online.keys()];
  }

  /** Asks an agent. `machine` is the name for the error text. @throws {AgentAway} or what the agent answered */
  async request<M extends keyof Asks & string>(
    agentId: string,
    method: M,
    params: Static<Asks[M]["request"]>,
    options: { readonly timeoutMs?: number; readonly machine?: string } = {},
  ): Promise<Static<Asks[M]["reply"]>> {
    const peer = this.#online.get(agentId);
    if (!peer) throw new AgentAway({ machine: options.machine ?? agentId });
    const { timeoutMs = 10_000 } = options;
    return (await peer.request(method, params, { timeoutMs })).result;
  }

  /** The same with parameters as JSON text in pieces, which many agents may share. @throws {AgentAway} or what the agent answered */
  async requestEncoded<M extends keyof Asks & string>(
    agentId: string,
    method: M,
    params: readonly Uint8Array[],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<Static<Asks[M]["reply"]>> {
    const peer = this.#online.get(agentId);
    if (!peer) throw new AgentAway({ machine: agentId });
    return (await peer.requestEncoded(method, params, options)).result;
  }

  /** Tells agents (default: all) that what they hold for TLS is not the newest; they ask by themselves too. */
  announceTls(agentIds: Iterable<string> = this.#online.keys()): void {
    for (const agentId of agentIds)
      void this.#online
        .get(agentId)
        ?.request("tls.changed", {})
        .catch(() => undefined);
  }

  /** Ends the connections of an agent, e.g. because its machine was removed; one that is just being authenticated as well. */
  disconnect(agentId: string, why: string): void {
    for (const connection of this.#all) if (connection.agentId === agentId) connection.peer.close(why);
  }

  /** Takes a new TLS connection. */
  accept(socket: TLSSocket): void {
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    const connection = new AgentConnection(socket, this.#options, {
      onAuthenticated: (agentId) => {
        const older = this.#online.get(agentId);
        this.#online.set(agentId, connection.peer);
        older?.close("the agent opened a newer connection");
      },
      onClose: () => {
        this.#all.delete(connection);
        const { agentId, peer } = connection;
        if (agentId === undefined || this.#online.get(agentId) !== peer) return;
        this.#online.delete(agentId);
        this.#options.services().onDisconnected(agentId);
      },
    });
    this.#all.add(connection);
  }

  /** Closes all connections; new ones are refused. */
  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#all]) connection.peer.close("the console stops");
  }
}
