/** Fields that every log record of a request has, and those of a record outside of any. */

export interface LogRecord {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What {@link requestFields} reads. */
export interface RequestFieldFacts {
  readonly service: string;
  readonly method: string;
  readonly caller: string;
  readonly requestId: string;
  readonly coloring: boolean;
  readonly clientAddress: string;
  readonly serverAddress: string;
}

/** `ip` of `ip:port`. */
function ipOf(address: string): string {
  const colon = address.lastIndexOf(":");
  return colon < 0 ? address : address.slice(0, colon);
}

export function requestFields(request: RequestFieldFacts): Record<string, string> {
  return {
    ReqID: request.requestId,
    ClientIP: ipOf(request.clientAddress),
    ServerIP: ipOf(request.serverAddress),
    RPCName: request.method,
    Caller: request.caller,
    ServiceName: request.service,
    Coloring: request.coloring ? "1" : "0",
  };
}

/** The same fields outside of any request. */
export function processFields(service: string): Record<string, string> {
  const none = { ReqID: "0", ClientIP: "0", ServerIP: "0", RPCName: "0", Caller: "0" };
  return { ...none, ServiceName: service, Coloring: "0" };
}
