/**
 * The one owner of the link to the console: dials, proves who it is, hands out requests, and starts over when the link is
 * lost, for as long as it takes. Nothing else in the agent knows whether the console is there but by asking here.
 */
import { type Clock, isAppError, type Logger, type Random } from "@msec/core";
import { dialLink, type LinkHandlers, LinkPeer } from "@msec/link";
import type { NamePosition } from "@msec/naming";
import { type AgentFacts, agentRequests, consoleRequests } from "@msec/protocol";
import type { Static } from "typebox";
import { ConsoleAway } from "../errors.js";
import { type AgentIdentity, signChallenge } from "../identity/agent-identity.js";

export type AgentPeer = LinkPeer<typeof consoleRequests, typeof agentRequests>;
type Requests = typeof agentRequests;

/** The part that senders need. */
export interface ConsoleRequester {
  readonly isConnected: boolean;
  /** @throws {ConsoleAway} at once while the console is away, or what LinkPeer.request throws */
  request<M extends keyof Requests & string>(
    method: M,
    params: Static<Requests[M]["request"]>,
    options?: { readonly timeoutMs?: number },
  ): Promise<{ readonly result: Static<Requests[M]["reply"]>; readonly payload: Uint8Array }>;
  /** Calls back after each successful authentication. @returns ends it */
  onConnected(listener: () => void): () => void;
}

export interface ConsoleLinkOptions {
  readonly identity: AgentIdentity;
  /** Where to dial instead of where the agent joined. */
  readonly dialAt: { readonly host: string; readonly port: number } | undefined;
  readonly facts: AgentFacts;
  readonly handlers: LinkHandlers<typeof consoleRequests>;
  /** Where the naming table stands, so that the console sends only what changed. */
  namingPosition(): NamePosition;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** First and longest pause between two tries, before jitter of ±50 %. Defaults 500 and 30000. */
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number };
}

export class ConsoleLink implements ConsoleRequester {
  readonly #options: ConsoleLinkOptions;
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<() => void>();
  #peer: AgentPeer | undefined;
  #why = "it was not dialled yet";
  #consoleClock: { readonly consoleMs: number; readonly monotonicMs: number } | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ConsoleLinkOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#peer !== undefined;
  }

  /** The console's clock as of its last authentication, or `undefined` before the first. */
  tryConsoleNowMs(): number | undefined {
    if (!this.#consoleClock) return undefined;
    return this.#consoleClock.consoleMs + this.#options.clock.monotonicMs() - this.#consoleClock.monotonicMs;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new ConsoleAway({ why: "the agent stops" }));
    this.drop("the agent stops");
    await this.#running;
  }

  /** Ends the present link; a new one is dialled. */
  drop(why: string): void {
    this.#peer?.close(why);
  }

  async request<M extends keyof Requests & string>(
    method: M,
    params: Static<Requests[M]["request"]>,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<{ readonly result: Static<Requests[M]["reply"]>; readonly payload: Uint8Array }> {
    if (!this.#peer) throw new ConsoleAway({ why: this.#why });
    return this.#peer.request(method, params, options);
  }

  onConnected(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#holdLink(() => {
          failures = 0;
        });
        this.#options.logger.warn("console link lost", { why: this.#why });
      } catch (error) {
        this.#noteFailure(error, failures);
      }
      await this.#pause(failures);
      failures += 1;
    }
  }

  /** One link from dialling to its end. @throws when it does not come to authentication */
  async #holdLink(onUp: () => void): Promise<void> {
    const { identity, handlers, logger, dialAt } = this.#options;
    const { host, port, fingerprint } = identity;
    const socket = await dialLink({ host, port, ...dialAt, fingerprint, timeoutMs: 10_000 });
    let end!: () => void;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const peer: AgentPeer = new LinkPeer(socket, {
      serves: consoleRequests,
      asks: agentRequests,
      handlers,
      logger,
      onClose: (why) => {
        this.#why = why;
        if (this.#peer === peer) this.#peer = undefined;
        end();
      },
    });
    const close = () => peer.close("the agent stops");
    this.#stopping.signal.addEventListener("abort", close, { once: true });
    try {
      if (this.#stopping.signal.aborted) return;
      await this.#authenticate(peer);
      this.#up(peer, onUp);
      await ended;
    } finally {
      this.#stopping.signal.removeEventListener("abort", close);
      peer.close("authentication failed");
    }
  }

  async #authenticate(peer: AgentPeer): Promise<void> {
    const { identity, facts, clock } = this.#options;
    const { agentId } = identity;
    const { result: challenge } = await peer.request("challenge", { agentId });
    const signature = signChallenge(identity, challenge.nonce);
    const { revision: namingRevision, epoch: namingEpoch } = this.#options.namingPosition();
    const proof = { agentId, signature, facts, namingRevision, namingEpoch };
    const sentMs = clock.monotonicMs();
    const { result } = await peer.request("authenticate", proof);
    const monotonicMs = clock.monotonicMs();
    this.#consoleClock = { consoleMs: result.consoleTimeMs + (monotonicMs - sentMs) / 2, monotonicMs };
  }

  #up(peer: AgentPeer, onUp: () => void): void {
    if (peer.isClosed) return;
    this.#peer = peer;
    onUp();
    this.#options.logger.info("console link is up", { host: this.#options.identity.host });
    for (const listener of this.#listeners) listener();
  }

  async #pause(failures: number): Promise<void> {
    const { clock, random, backoff = { firstMs: 500, mostMs: 30_000 } } = this.#options;
    const pauseMs = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(failures, 16)) * (0.5 + random());
    await clock.sleep(pauseMs, this.#stopping.signal).catch(() => undefined);
  }

  #noteFailure(error: unknown, failures: number): void {
    this.#why = error instanceof Error ? error.message : String(error);
    const { reason, code } = isAppError(error) ? error : { reason: "INTERNAL", code: "INTERNAL" };
    // Refused by a console that is there: waiting does not help, somebody must look. Away: it comes back.
    const isRefused = code === "UNAUTHENTICATED" || code === "PERMISSION_DENIED" || code === "NOT_FOUND";
    const report = failures > 0 ? "debug" : isRefused ? "error" : "warn";
    this.#options.logger[report]("console link failed", { reason, why: this.#why });
  }
}
