import type { AppError } from "@msec/core";
import { certificateProblem } from "@msec/net";
import { CallerRefused, CertificateRefused, TlsRequired } from "../errors.js";
import type { RefusalCause } from "../overload/admission.js";
import type { CallerList } from "./caller-list.js";
import type { PeerSecurity, SecurityRefusal, ServerTls } from "./server-security.js";

/** What the guard needs of a request. */
export interface GuardedRequest {
  readonly caller: string;
  refusedBy: RefusalCause | "";
  readonly link: {
    readonly address: string;
    readonly security: PeerSecurity | undefined;
    /** Closes the connection when the answer that is about to be written has left. */
    endAfterAnswer(): void;
  };
}

export interface RequestGuardOptions {
  readonly tls: ServerTls | undefined;
  readonly callers: CallerList | undefined;
  readonly onRefused: (cause: SecurityRefusal, peer: string) => void;
}

/** Decides whether a request may be served, by its connection and its caller. Only servers that restrict something have one. */
export class RequestGuard {
  readonly #tls: ServerTls | undefined;
  readonly #certificates: "off" | "optional" | "required";
  readonly #onRefused: RequestGuardOptions["onRefused"];
  /** May be exchanged while requests come in. */
  callers: CallerList | undefined;

  constructor(options: RequestGuardOptions) {
    this.#tls = options.tls;
    this.#certificates = options.tls?.clientCertificates ?? "required";
    this.#onRefused = options.onRefused;
    this.callers = options.callers;
  }

  /** Why the request is refused; undefined = it is not. */
  check(request: GuardedRequest): AppError | undefined {
    const { link } = request;
    if (this.#tls !== undefined) {
      const refusal = this.#checkConnection(link.security);
      if (refusal !== undefined) {
        link.endAfterAnswer();
        return this.#refuse(request, refusal.reason === TlsRequired.reason ? "tls required" : "certificate", refusal);
      }
    }
    if (this.callers === undefined) return undefined;
    const name = this.#nameOf(request);
    if (this.callers.includes(name)) return undefined;
    return this.#refuse(request, "caller", new CallerRefused({ caller: name }));
  }

  #refuse(request: GuardedRequest, cause: RefusalCause & SecurityRefusal, error: AppError): AppError {
    request.refusedBy = cause;
    this.#onRefused(cause, request.link.address);
    return error;
  }

  #checkConnection(security: PeerSecurity | undefined): AppError | undefined {
    if (security === undefined) return this.#tls?.mode === "required" ? new TlsRequired({}) : undefined;
    const { problem } = security;
    if (problem === undefined || this.#certificates === "off") return undefined;
    if (this.#certificates === "optional" && problem === "NO_CERTIFICATE") return undefined;
    return new CertificateRefused({ problem: certificateProblem(problem) });
  }

  /** What the certificate proves; where none is asked for or possible, what the caller says. */
  #nameOf({ caller, link }: GuardedRequest): string {
    if (link.security === undefined || this.#certificates === "off") return caller;
    const { identity } = link.security;
    if (identity === undefined) return "";
    return identity.service === "" ? `agent:${identity.agentId}` : identity.service;
  }
}
