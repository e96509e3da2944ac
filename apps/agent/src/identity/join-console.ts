/** The first start: a single-use token becomes an identity. */
import { type Clock, ERROR_CODES, isAppError, type Logger, type Random, silentLogger } from "@msec/core";
import { dialLink, LinkPeer } from "@msec/link";
import { type AgentFacts, agentRequests, consoleRequests, type JoinTokenContent, parseJoinToken } from "@msec/protocol";
import { AlreadyJoined, JoinRefused, JoinTokenRequired } from "../errors.js";
import {
  type AgentIdentity,
  loadOrMakeJoiningKey,
  publicKeyOf,
  saveIdentity,
  tryLoadIdentity,
} from "./agent-identity.js";

interface ConsoleAddress {
  readonly host: string;
  readonly port: number;
}

export interface JoinOptions {
  readonly home: string;
  readonly agentDir: string;
  /** Empty: none given. */
  readonly joinToken: string;
  readonly rejoin: boolean;
  readonly timeoutMs: number;
  /** Where to dial instead of what the token says. */
  readonly dialAt: ConsoleAddress | undefined;
  readonly facts: AgentFacts;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * The identity of this home; joins the console with the token when there is none. The token that made it may be given again
 * (a service manager repeats its flags); another one needs `rejoin`, and then the old identity stays until the new one is there.
 *
 * @throws {JoinTokenRequired} neither identity nor token; {AlreadyJoined} another token for a home that has an identity;
 *   {JoinRefused} wrong, used or expired token; NET_LINK_* when the console is not there or is another one
 */
export async function ensureIdentity(options: JoinOptions): Promise<AgentIdentity> {
  const { home, agentDir, joinToken, rejoin } = options;
  const token = joinToken === "" ? undefined : parseJoinToken(joinToken);
  const existing = tryLoad(agentDir, rejoin && token !== undefined);
  if (existing && (!token || token.tokenId === existing.tokenId)) return existing;
  if (!token) throw new JoinTokenRequired({ home });
  if (existing && !rejoin) throw new AlreadyJoined({ home, agentId: existing.agentId });
  return join(token, options);
}

function tryLoad(agentDir: string, canBeReplaced: boolean): AgentIdentity | undefined {
  try {
    return tryLoadIdentity(agentDir);
  } catch (error) {
    if (canBeReplaced) return undefined;
    throw error;
  }
}

async function join(token: JoinTokenContent, options: JoinOptions): Promise<AgentIdentity> {
  const { agentDir, clock, random, logger } = options;
  const privateKey = loadOrMakeJoiningKey(agentDir);
  const untilMs = clock.monotonicMs() + options.timeoutMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const identity = { ...(await askToJoin(token, publicKeyOf(privateKey), options)), privateKey };
      saveIdentity(agentDir, identity);
      logger.info("joined the console", { agentId: identity.agentId, host: identity.host, port: identity.port });
      return identity;
    } catch (error) {
      const pauseMs = Math.min(5_000, 250 * 2 ** attempt) * (0.5 + random());
      if (!isWorthRepeating(error) || clock.monotonicMs() + pauseMs > untilMs) throw error;
      logger.warn("console does not answer, joining again", { why: String(error) });
      await clock.sleep(pauseMs);
    }
  }
}

async function askToJoin(
  token: JoinTokenContent,
  publicKey: string,
  { facts, dialAt }: JoinOptions,
): Promise<Omit<AgentIdentity, "privateKey">> {
  const { host, port, fingerprint, tokenId, tokenSecret } = token;
  const socket = await dialLink({ host, port, ...dialAt, fingerprint, timeoutMs: 10_000 });
  const peer = new LinkPeer(socket, {
    serves: consoleRequests,
    asks: agentRequests,
    handlers: {},
    logger: silentLogger,
  });
  try {
    const { result } = await peer.request("join", { tokenId, tokenSecret, publicKey, facts });
    return { agentId: result.agentId, orderKeys: [result.orderKey], host, port, fingerprint, tokenId };
  } catch (error) {
    if (isWorthRepeating(error) || !isAppError(error)) throw error;
    throw new JoinRefused({ why: error.message, consoleReason: error.reason }, { cause: error });
  } finally {
    peer.close("joined");
  }
}

function isWorthRepeating(error: unknown): boolean {
  return isAppError(error) && (ERROR_CODES[error.code].retryable || error.code === "DEADLINE_EXCEEDED");
}
