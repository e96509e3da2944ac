export { ApiToken, accountRoutes, Password, Session, User } from "./accounts.js";
export { type ApiClient, type ApiClientOptions, createApiClient } from "./client.js";
export { ApiUnreachable } from "./errors.js";
export { Instance, InstanceProcess, InstanceView, instanceRoutes, Transport } from "./instances.js";
export { JoinToken, Machine, MachineLoad, MachineService, machineRoutes, Order } from "./machines.js";
export {
  NameImportStep,
  NameRecord,
  NameStoreStatus,
  nameStoreRoutes,
  OldMachine,
  StoreDifference,
} from "./name-store.js";
export {
  FullName,
  InstanceAddress,
  Ip,
  Ipv4,
  LabelChange,
  Labels,
  Memo,
  Name,
  Port,
  ServiceParams,
  TagParams,
} from "./names.js";
export { HeldName, NameRefusal, namingRoutes } from "./naming.js";
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
export { RouteMachine, ServiceRouteRow, ServiceRoutes, serviceRouteRoutes } from "./service-routes.js";
export { POLICIES, Policy, ServiceSettings, Tuning } from "./service-settings.js";
export { Group, Health, ServiceKind, ServiceSummary, serviceRoutes } from "./services.js";
export { TlsAuthority, TlsMachine, TlsStatus, tlsRoutes } from "./tls.js";
export { MAX_PLUGIN_BYTES, MAX_TEXT_BYTES, TextProblem, Version, versionRoutes } from "./versions.js";
