import type { RefusalCause } from "./overload/admission.js";
import type { SecurityRefusal } from "./security/server-security.js";

/** What the runtime tells telemetry. The runtime declares the shape; the SDK connects it to metrics and the hop record. */

/** One attempt of an outgoing call, after it ended. Texts of ids are made when they are read; the halves are plain fields. */
export interface OutgoingCall {
  readonly spanIdHigh: number;
  readonly spanIdLow: number;
  /** Monotonic. */
  readonly startedMs: number;
  /** `First.Second`, or `ip:port` for a direct call. */
  readonly target: string;
  readonly method: string;
  readonly address: string;
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly costMs: number;
  /** 0 = ok; else the SRPC number. */
  readonly err: number;
  readonly reason: string;
  readonly spanId: string;
  /** Which instances were compared and why this one was taken, in words; "" when the request is not coloured. */
  readonly choice?: string | undefined;
}

/** One incoming request, after its answer was handed to the socket (or could not be). */
export interface IncomingRequest {
  readonly flowIdHigh: number;
  readonly flowIdLow: number;
  readonly spanIdHigh: number;
  readonly spanIdLow: number;
  readonly parentSpanIdHigh: number;
  readonly parentSpanIdLow: number;
  /** Monotonic; when its bytes were read. */
  readonly arrivedMs: number;
  /** Monotonic; when its turn came. */
  readonly startedMs: number;
  readonly service: string;
  readonly method: string;
  readonly caller: string;
  readonly protocol: "srpc" | "http";
  /** Flow id as unsigned decimal text. */
  readonly requestId: string;
  readonly coloring: boolean;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attempt: number;
  readonly clientAddress: string;
  readonly serverAddress: string;
  readonly startedAtMs: number;
  readonly costMs: number;
  readonly err: number;
  readonly reason: string;
  /** Why it was not started; "" = it was. */
  readonly refusedBy: RefusalCause | "";
  /** Attempts of calls made inside the request, in the order they ended; 32 are kept, failed ones before others. */
  readonly calls: readonly OutgoingCall[];
}

export interface CallEvents {
  onRequest(request: IncomingRequest): void;
  onCall(call: OutgoingCall): void;
  /** A peer was turned away before a request of it was read. Requests that are refused for who sent them come through `onRequest`. */
  onRefused?(cause: SecurityRefusal): void;
}
