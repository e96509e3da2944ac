import { defineError } from "@msec/core";

export const GroupNameReserved = defineError<{ name: string }>(
  "CON_GROUP_NAME_RESERVED",
  "INVALID_ARGUMENT",
  (d) => `${d.name} is kept for msec itself and can't name a group; choose another name`,
);

export const GroupExists = defineError<{ name: string }>(
  "CON_GROUP_EXISTS",
  "ALREADY_EXISTS",
  (d) => `there is a group ${d.name} already`,
);

export const GroupUnknown = defineError<{ name: string }>(
  "CON_GROUP_UNKNOWN",
  "NOT_FOUND",
  (d) => `there is no group ${d.name}; add it first`,
);

export const GroupNotEmpty = defineError<{ name: string; services: readonly string[] }>(
  "CON_GROUP_NOT_EMPTY",
  "FAILED_PRECONDITION",
  (d) => `group ${d.name} still has ${d.services.join(", ")}; remove these services first`,
);

export const PlatformProtected = defineError<{ name: string }>(
  "CON_PLATFORM_PROTECTED",
  "FAILED_PRECONDITION",
  (d) => `${d.name} belongs to msec itself: it can't be removed, and nothing is added beside it`,
);

export const ServiceExists = defineError<{ service: string }>(
  "CON_SERVICE_EXISTS",
  "ALREADY_EXISTS",
  (d) => `there is a service ${d.service} already`,
);

export const ServiceUnknown = defineError<{ service: string }>(
  "CON_SERVICE_UNKNOWN",
  "NOT_FOUND",
  (d) => `there is no service ${d.service}`,
);

export const ServiceInTraffic = defineError<{ service: string; addresses: readonly string[] }>(
  "CON_SERVICE_IN_TRAFFIC",
  "FAILED_PRECONDITION",
  (d) => `${d.service} still has instances in traffic: ${d.addresses.join(", ")}; shrink them first`,
);

export const FieldNotForKind = defineError<{ field: string; kind: string; instead: string }>(
  "CON_FIELD_NOT_FOR_KIND",
  "INVALID_ARGUMENT",
  (d) => `body.${d.field} is not for ${d.kind} services: ${d.instead}`,
);

/** An address that was asked for, and whose it is. */
export interface AddressConflict {
  readonly address: string;
  readonly service: string;
}

export const InstanceTaken = defineError<{ conflicts: readonly AddressConflict[] }>(
  "CON_INSTANCE_TAKEN",
  "ALREADY_EXISTS",
  (d) =>
    `nothing was added, since only foreign services may share an address: ` +
    d.conflicts.map((c) => `${c.address} belongs to ${c.service}`).join(", "),
);

export const InstanceRepeated = defineError<{ addresses: readonly string[] }>(
  "CON_INSTANCE_REPEATED",
  "INVALID_ARGUMENT",
  (d) => `nothing was added: ${d.addresses.join(", ")} occurs more than once in the list`,
);

export const HostNotUsable = defineError<{ host: string }>(
  "CON_HOST_NOT_USABLE",
  "INVALID_ARGUMENT",
  (d) => `${d.host} is not the address of a machine (0.*, ::, multicast and broadcast addresses are not)`,
);

export const InstanceUnknown = defineError<{ service: string; address: string }>(
  "CON_INSTANCE_UNKNOWN",
  "NOT_FOUND",
  (d) => `${d.service} has no instance ${d.address}`,
);

export const InstanceInTraffic = defineError<{ service: string; address: string }>(
  "CON_INSTANCE_IN_TRAFFIC",
  "FAILED_PRECONDITION",
  (d) => `${d.address} of ${d.service} is in traffic; shrink it first`,
);

export const PlatformWouldEmpty = defineError<{ service: string }>(
  "CON_PLATFORM_WOULD_EMPTY",
  "FAILED_PRECONDITION",
  (d) =>
    `this takes the last instance of ${d.service} out of traffic, and agents that look it up would fail: put another in first, or repeat it with confirm ${JSON.stringify(d.service)}`,
);
