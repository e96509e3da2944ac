import { defineError } from "@msec/core";

export const TlsRotationRunning = defineError<{ phase: string }>(
  "CON_TLS_ROTATION_RUNNING",
  "FAILED_PRECONDITION",
  (d) => `the authority is being replaced already (${d.phase}); msec tls status shows who is waited for`,
);

export const TlsServiceNotHere = defineError<{ service: string; machine: string }>(
  "CON_TLS_SERVICE_NOT_HERE",
  "PERMISSION_DENIED",
  (d) => `machine ${d.machine} gets no certificate for ${d.service}: the service has no instance there`,
);

export const TlsProofInvalid = defineError<{ machine: string }>(
  "CON_TLS_PROOF_INVALID",
  "INVALID_ARGUMENT",
  (d) => `machine ${d.machine} did not prove that it holds the key it wants a certificate for`,
);
