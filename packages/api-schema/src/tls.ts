import { type Static, Type } from "typebox";
import { AtMs, OneOf, route, Strict } from "./route.js";

export const TlsAuthority = Strict({
  id: Type.String({ description: "fingerprint of its certificate, shortened" }),
  createdAtMs: AtMs("made"),
  isIssuer: Type.Boolean({ description: "signs certificates now; the others are only trusted" }),
});

export const TlsMachine = Strict({
  machineId: Type.String(),
  name: Type.String(),
  /** `waiting`: the phase can't end before it. `expired`: away for so long that its certificates are void anyway. */
  state: OneOf(["done", "waiting", "expired"]),
});

export const TlsStatus = Strict({
  /** `spreading`: machines learn to trust the new authority. `issuing`: they get certificates from it. */
  phase: OneOf(["steady", "spreading", "issuing"]),
  phaseSinceMs: AtMs("phase began"),
  certificateMs: Type.Integer({ description: "life of a certificate; renewed at half of it" }),
  authorities: Type.Array(TlsAuthority),
  machines: Type.Array(TlsMachine),
});
export type TlsStatus = Static<typeof TlsStatus>;

export const tlsRoutes = {
  "tls.get": route({
    method: "GET",
    path: "/api/v1/tls",
    tag: "tls",
    permission: "machine:read",
    summary: "The authority that signs the certificates of services, and how far its replacement is",
    response: TlsStatus,
  }),
  "tls.rotate": route({
    method: "POST",
    path: "/api/v1/tls/rotate",
    tag: "tls",
    permission: "machine:write",
    summary:
      "Replace the authority: all machines come to trust the new one, then get certificates from it, then forget the old one",
    response: TlsStatus,
  }),
} as const;
