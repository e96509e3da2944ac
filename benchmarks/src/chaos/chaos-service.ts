/** What the backends of the chaos runs serve, and how they can be told to misbehave. */
import { defineError } from "@msec/core";
import { EchoService } from "../rpc/echo-message.js";

/** Its name in the console and in the live table. */
export const CHAOS_NAME = { first: "Chaos", second: "echo" } as const;
export const CHAOS_SERVICE = `${CHAOS_NAME.first}.${CHAOS_NAME.second}`;

export const ChaosService = { typeName: EchoService.typeName, methods: { Echo: EchoService.methods.Echo } };

/** How a backend answers until it is told otherwise. */
export type Misbehaviour =
  | "none"
  /** The port is closed, the process lives. */
  | "refuse"
  /** Each answer comes 500 ms late. */
  | "delay"
  /** Each answer is an error that says: not available. */
  | "errors"
  /** Each handler throws something unforeseen. */
  | "bugs"
  /** Every twentieth request is lost together with all connections. */
  | "resets";

export const DELAY_MS = 500;
export const RESET_SHARE = 0.05;

/** As of a service whose database is gone. */
export const ChaosUnavailable = defineError<Record<string, never>>(
  "CHAOS_UNAVAILABLE",
  "UNAVAILABLE",
  () => "told to be unavailable",
);
