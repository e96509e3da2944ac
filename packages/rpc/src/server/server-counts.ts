/** What a server has counted since its start. */
export interface RpcServerCounts {
  readonly acceptedConnections: number;
  /** Closed at once, since there were `maxConnections`. */
  readonly refusedConnections: number;
  readonly closedConnections: number;
  /** Of them closed since nothing complete came for `idleTimeoutMs`. */
  readonly expiredConnections: number;
  /** Those that hold a frame. */
  readonly receivedDatagrams: number;
  /** Of them ignored, since their network was over its rate. */
  readonly droppedDatagrams: number;
  /** Over TCP. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** The same, to count with. */
export type MutableServerCounts = { -readonly [N in keyof RpcServerCounts]: number };

export function createServerCounts(): MutableServerCounts {
  return {
    acceptedConnections: 0,
    refusedConnections: 0,
    closedConnections: 0,
    expiredConnections: 0,
    receivedDatagrams: 0,
    droppedDatagrams: 0,
    receivedBytes: 0,
    sentBytes: 0,
  };
}
