/** What a test can make fail, and where. */
import type { AppError } from "@msec/core";

/** How often a fault strikes. */
export interface FaultLimits {
  /**
   * Share of what it could strike, 0 to 1: of the requests, of the connections (`refuse`), or of the messages on the network. Default 1.
   * Drawn from the cluster's seed.
   */
  readonly rate?: number;
  /** Ends after having struck so often. Default: never. */
  readonly times?: number;
}

/** What befalls a request in place of its handler. */
export type HandlerFault =
  | {
      /** The connection is cut. */
      readonly kind: "reset";
      /** `before` (default): the handler does not run. `after`: it has run, and its answer is lost. */
      readonly when?: "before" | "after";
    }
  | {
      /** The request is never answered; its handler does not run. */
      readonly kind: "hang";
    }
  | {
      /** The handler runs later. */
      readonly kind: "delay";
      readonly delayMs: number;
    }
  | {
      /** The request is answered with an error; its handler does not run. */
      readonly kind: "error";
      /** Default EXEC_FAULT_INJECTED, which is UNAVAILABLE. */
      readonly error?: AppError;
    };

export const HANDLER_FAULTS = ["reset", "hang", "delay", "error"] as const satisfies readonly HandlerFault["kind"][];

/** To the instance (`requests`) or from it (`answers`). */
export type Way = "requests" | "answers";

/** What befalls a message between two processes: what one of them writes at once, or a datagram. */
export type NetworkFault = {
  /** Strikes one way only. Default: both. */
  readonly way?: Way;
} & (
  | {
      /** It arrives later. A connection keeps its order, datagrams may overtake each other. Several faults add up. */
      readonly kind: "latency";
      /** One way: a call and its answer take twice as long. Two numbers: evenly spread between them. */
      readonly delayMs: number | readonly [fromMs: number, toMs: number];
    }
  | {
      /**
       * A datagram is lost; over TCP it is sent again after 200 ms (a connection attempt: 1 s), twice that the second time, and so on. So
       * without a `rate` it is an outage: what waits over TCP gets through at its next try after the end.
       */
      readonly kind: "loss";
    }
  | {
      /** A datagram arrives twice. Means nothing over TCP. */
      readonly kind: "duplicate";
    }
  | {
      /** Messages pass one after the other at this speed, those of all connections between the two processes together. */
      readonly kind: "slow";
      readonly bytesPerSec: number;
    }
  | {
      /**
       * It vanishes and nobody is told, not even of the end of a connection. A connection on which something vanished stays dead when the
       * fault has ended, as one whose other end has lost its power; connection attempts time out.
       */
      readonly kind: "blackhole";
    }
);

export type Fault = FaultLimits &
  (
    | {
        /** Connections are cut, and new ones refused; datagrams come back as refused. */
        readonly kind: "refuse";
      }
    | HandlerFault
    | NetworkFault
  );

/** Which instances, callers and requests. */
export interface FaultPlace<N extends string = string> {
  /** Number of the instance, from 0. Default: all of the service. */
  readonly instance?: number;
  /** Name of the method as in the IDL. Default: all. Only for faults that befall requests. */
  readonly method?: string;
  /** Only what this service calls, or `Test.client`, which is the cluster itself. Default: everybody. */
  readonly from?: N | "Test.client";
  /** Number of the calling instance. Default: all of `from`. */
  readonly fromInstance?: number;
}

/** A process of the cluster. The cluster's own caller is instance 0 of `Test.client`. */
export interface Station {
  readonly service: string;
  readonly instance: number;
}

/** Who calls whom. */
export interface Ends {
  readonly from: Station;
  readonly to: Station;
}
