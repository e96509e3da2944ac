export { ApiToken, accountRoutes, Password, Session, User } from "./accounts.js";
export { type ApiClient, type ApiClientOptions, createApiClient } from "./client.js";
export { ApiUnreachable } from "./errors.js";
export { JoinToken, Machine, MachineLoad, MachineService, machineRoutes, Order } from "./machines.js";
export { FullName, InstanceAddress, Ipv4, Memo, Name, Port, ServiceParams, TagParams } from "./names.js";
export {
  Attribute,
  AuditEntry,
  CallCurves,
  Hop,
  LogRecord,
  observabilityRoutes,
  RequestGraph,
  Series,
} from "./observability.js";
export { Release, ReleaseStatus, ReleaseStep, ReleaseTarget, releaseRoutes, TargetStatus } from "./releases.js";
export {
  ErrorReply,
  PERMISSIONS,
  type Permission,
  ROLE_PERMISSIONS,
  ROLES,
  type Role,
  type RouteInput,
  type RouteOutput,
  type RouteSpec,
  route,
} from "./route.js";
export { type RouteName, routes } from "./routes.js";
export {
  Group,
  Health,
  Instance,
  InstanceProcess,
  InstanceView,
  ServiceKind,
  ServiceSummary,
  serviceRoutes,
  Transport,
} from "./services.js";
export { TlsAuthority, TlsMachine, TlsStatus, tlsRoutes } from "./tls.js";
export { MAX_PLUGIN_BYTES, MAX_TEXT_BYTES, TextProblem, Version, versionRoutes } from "./versions.js";
