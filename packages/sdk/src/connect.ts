import { homedir } from "node:os";
import { homePaths, type Logger, systemClock } from "@msec/core";
import type { ServiceType } from "@msec/protocol";
import {
  type CallEvents,
  type CallOutcome,
  createRpcClient,
  type RpcClientLimits,
  type TargetOptions,
  TlsDirectory,
} from "@msec/rpc";
import { callerOf, type NamingCaller } from "./caller-of.js";
import { ForeignCalls } from "./picking/foreign-calls.js";
import { openPicker } from "./picking/original-picker.js";
import type { Route } from "./picking/table-picker.js";

export interface ConnectOptions {
  /** Name under which calls are made; callees see and count it. Not verified. */
  readonly caller: string;
  /** `MSEC_HOME` of an agent on this machine. Default: `/msec` for root, else `~/.msec`. */
  readonly home?: string;
  /**
   * Directory of the archived system's naming files (`/var/nlb/naming`), for services that the machine's agent does not know.
   * Default: they are not looked at.
   */
  readonly originalNaming?: string;
  readonly limits?: RpcClientLimits;
  /** `required`: all calls go over TLS with the machine's certificate. Default `off`: only those to `ip:port@tls`. */
  readonly tls?: "off" | "required";
  /** For calls that don't say otherwise. */
  readonly defaults?: TargetOptions;
  /** As `defaults`, for one target each, by its text. */
  readonly targets?: Readonly<Record<string, TargetOptions>>;
  /** Services whose methods `callMethod` finds by name. */
  readonly services?: readonly ServiceType[];
  readonly events?: CallEvents;
  readonly logger?: Logger;
}

/** A client with name resolution, for programs that are no services. */
export interface MsecClient extends NamingCaller {
  /** An instance of a foreign service; tell how it went with `updateRoute`. */
  getRoute(service: string): Route;
  updateRoute(service: string, result: { ip: string; port: number; isOk: boolean | CallOutcome; costMs: number }): void;
  /** Both around `work`, with the time measured. */
  readonly withRoute: ForeignCalls["withRoute"];
  close(): void;
}

/** Home directory when nothing names one. */
export function defaultHome(): string {
  return process.getuid?.() === 0 ? "/msec" : `${homedir()}/.msec`;
}

/** Ready at once; connections are opened by the first calls. They keep the program alive while calls are under way, and only then. */
export function connect(options: ConnectOptions): MsecClient {
  const { caller, home = defaultHome(), limits, defaults, targets, services, events, logger } = options;
  const picker = openPicker(home, options.originalNaming ?? "");
  const foreign = new ForeignCalls({ picker, clock: systemClock, onCall: (call) => events?.onCall(call) });
  const client = createRpcClient({
    service: caller,
    picker,
    ...(limits && { limits }),
    ...(defaults && { defaults }),
    ...(targets && { targets }),
    ...(services && { services }),
    ...(events && { events }),
    ...(logger && { logger }),
    tls: { mode: options.tls ?? "off", files: new TlsDirectory(homePaths(home).tls()) },
  });
  return {
    ...callerOf(client),
    getRoute: (service) => foreign.getRoute(service),
    updateRoute: (service, { isOk, ...rest }) => {
      const outcome = typeof isOk === "string" ? isOk : isOk ? "success" : "error";
      foreign.updateRoute(service, { ...rest, outcome });
    },
    withRoute: (service, work, uses) => foreign.withRoute(service, work, uses),
    close: () => {
      client.close();
      picker.close();
    },
  };
}
