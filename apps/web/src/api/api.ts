import { createApiClient, type RouteInput, type RouteName, type RouteOutput, type routes } from "@msec/api-schema";

export type ApiInput<K extends RouteName> = RouteInput<(typeof routes)[K]>;
export type ApiOutput<K extends RouteName> = RouteOutput<(typeof routes)[K]>;

/** The console that served this page; the session cookie says who we are. */
export const api = createApiClient({ baseUrl: "" });

/** The same client for code that is generic in the route. */
export const callApi = api as unknown as <K extends RouteName>(name: K, input?: ApiInput<K>) => Promise<ApiOutput<K>>;
