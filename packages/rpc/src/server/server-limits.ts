export interface RpcServerLimits {
  /** Largest frame or HTTP body, in and out. Default 16 MiB. Longer ones are refused before their body arrives. */
  readonly maxFrameBytes?: number;
  /** Default 10000. More are closed at once. */
  readonly maxConnections?: number;
  /** Requests under way. Default 10000. More are answered RESOURCE_EXHAUSTED (RPC_OVERLOADED) at once. */
  readonly maxInFlight?: number;
  /** A request that waited longer between its arrival and its turn is refused (RPC_QUEUED_TOO_LONG). Default 800; 0 = never. */
  readonly maxQueueMs?: number;
  /**
   * When requests wait longer than this for their turn, the worker takes only what it manages, the most important first; the same
   * happens when latencies show that too many are under way. Default 20; 0 = overload control is off.
   */
  readonly maxQueueDelayMs?: number;
  /** A connection without a complete message for this long is closed, unless a request is under way on it. Default 60000. */
  readonly idleTimeoutMs?: number;
  /** Time for the rest of a message that was begun, beside what its length takes at 16 KB/s (NET_MESSAGE_TIMEOUT). Default 30000; 0 = any. */
  readonly messageTimeoutMs?: number;
  /** Connections from one address; more are closed at once. Default: half of `maxConnections`; 0 = any. */
  readonly maxConnectionsPerAddress?: number;
  /** Most bytes of answers that may wait for a peer that does not read; then its connection is closed. Default 64 MiB. */
  readonly maxQueuedOutputBytes?: number;
  /**
   * Most bytes of unfinished requests and unread answers of all connections together; above, those that hold most are closed. Default
   * 256 MiB; at least twice `maxFrameBytes`.
   */
  readonly maxBufferedBytes?: number;
}

/** With the defaults. */
export function completeServerLimits(limits: RpcServerLimits = {}): Required<RpcServerLimits> {
  const { maxConnections = 10_000, maxFrameBytes = 16 << 20 } = limits;
  return {
    maxFrameBytes,
    maxConnections,
    maxInFlight: limits.maxInFlight ?? 10_000,
    maxQueueMs: limits.maxQueueMs ?? 800,
    maxQueueDelayMs: limits.maxQueueDelayMs ?? 20,
    idleTimeoutMs: limits.idleTimeoutMs ?? 60_000,
    messageTimeoutMs: limits.messageTimeoutMs ?? 30_000,
    maxConnectionsPerAddress: limits.maxConnectionsPerAddress ?? Math.ceil(maxConnections / 2),
    maxQueuedOutputBytes: limits.maxQueuedOutputBytes ?? 64 << 20,
    maxBufferedBytes: Math.max(limits.maxBufferedBytes ?? 256 << 20, 2 * maxFrameBytes),
  };
}
