/** Protocols that callers bring: SRPC's pools, deadlines, limits and reports around bytes of somebody else's. */
import type { ProtoWriter } from "@msec/protocol";

/** Where requests are written; `raw` appends bytes. */
export type ExchangeWriter = ProtoWriter;

/** Requests and answers of a protocol that is not SRPC. */
export interface ExchangeProtocol<Q = Uint8Array, A = Uint8Array> {
  /** Stands for the method in metrics and call graphs. */
  readonly name: string;
  /** What it runs over, if not both; calls to an instance that is known by the other only are refused. */
  readonly transport?: "tcp" | "udp";
  /**
   * Appends one request.
   *
   * @param sequence 1 to 2^32 − 1, unique among the calls under way on the connection; for protocols whose answers repeat a number
   */
  encode(sequence: number, message: Q, writer: ExchangeWriter): void;
  /** Length of the answer that begins at `start`; 0 = wait for more bytes; negative = no answer of this protocol: the connection is cut. */
  frameLength(bytes: Uint8Array, start: number, end: number): number;
  /** One whole answer. `bytes` is valid until it returns: copy what you keep. */
  decode(bytes: Uint8Array): A;
  /**
   * Number of the request that this answer belongs to. With it many calls share a connection and answers may come in any order; without
   * it a connection serves one call at a time and further connections are opened, up to `serialConnectionsPerAddress`.
   */
  sequenceOf?(bytes: Uint8Array): number;
}

// biome-ignore lint/suspicious/noExplicitAny: any protocol, whatever its messages
export type AnyProtocol = ExchangeProtocol<any, any>;
