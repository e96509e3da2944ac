import { homedir } from "node:os";
import type { Logger } from "@msec/core";
import { type CallEvents, type CallFunction, createRpcClient, type RpcClientLimits } from "@msec/rpc";
import { type Route, TablePicker } from "./table-picker.js";

export interface ConnectOptions {
  /** Name under which calls are made; callees see and count it. Not verified. */
  readonly caller: string;
  /** `MSEC_HOME` of an agent on this machine. Default: `/msec` for root, else `~/.msec`. */
  readonly home?: string;
  readonly limits?: RpcClientLimits;
  readonly events?: CallEvents;
  readonly logger?: Logger;
}

/** A client with name resolution, for programs that are no services. */
export interface MsecClient {
  readonly call: CallFunction;
  getRoute(service: string): Route;
  updateRoute(service: string, result: { ip: string; port: number; isOk: boolean; costMs: number }): void;
  close(): void;
}

/** Home directory when nothing names one. */
export function defaultHome(): string {
  return process.getuid?.() === 0 ? "/msec" : `${homedir()}/.msec`;
}

/** Ready at once; connections are opened by the first calls. Close it, or the program does not end. */
export function connect(options: ConnectOptions): MsecClient {
  const { caller, home = defaultHome(), limits, events, logger } = options;
  const picker = new TablePicker(home);
  const client = createRpcClient({
    service: caller,
    picker,
    ...(limits && { limits }),
    ...(events && { events }),
    ...(logger && { logger }),
  });
  return {
    call: (method, target, request, opts) => client.call(method, target, request, opts),
    getRoute: (service) => picker.getRoute(service),
    updateRoute: (service, result) => picker.updateRoute(service, result),
    close: () => {
      client.close();
      picker.close();
    },
  };
}
