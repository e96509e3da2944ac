import { errorFromBody } from "@msec/core";
import { ApiUnreachable } from "./errors.js";
import type { RouteInput, RouteOutput, RouteSpec } from "./route.js";
import { type RouteName, routes } from "./routes.js";

export interface ApiClientOptions {
  /** `http://127.0.0.1:8080`, or empty in a page of the console itself. */
  readonly baseUrl: string;
  /** Secret of an API token; pages use the cookie instead. */
  readonly token?: string;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
}

export type ApiClient = <K extends RouteName>(
  name: K,
  ...input: keyof RouteInput<(typeof routes)[K]> extends never ? [] : [RouteInput<(typeof routes)[K]>]
) => Promise<RouteOutput<(typeof routes)[K]>>;

/**
 * The one typed client of the HTTP API, for pages, command line and scripts.
 *
 * @throws AppError rebuilt from the answer (`details.requestId` added), or {ApiUnreachable}
 */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const send = async (name: RouteName, input?: AnyInput) => {
    const spec: RouteSpec = routes[name];
    const url = options.baseUrl + buildPath(spec.path, input?.params) + buildQuery(input?.query);
    const answer = await request(url, spec, input, options);
    if (!answer.ok) throw await failure(answer);
    if (spec.response === "text") return answer.text();
    if (spec.response === "binary") return new Uint8Array(await answer.arrayBuffer());
    return answer.json();
  };
  return send as unknown as ApiClient;
}

interface AnyInput {
  readonly params?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
}

async function request(url: string, spec: RouteSpec, input: AnyInput | undefined, options: ApiClientOptions) {
  const headers: Record<string, string> = { "x-msec-client": "1" };
  if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
  const init: RequestInit = { method: spec.method, headers, credentials: "same-origin" };
  if (spec.body === "binary") {
    headers["content-type"] = "application/octet-stream";
    init.body = input?.body as BodyInit;
  } else if (spec.body !== undefined) {
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(input?.body ?? {});
  }
  if (options.signal) init.signal = options.signal;
  try {
    return await (options.fetch ?? fetch)(url, init);
  } catch (cause) {
    throw new ApiUnreachable({ url: options.baseUrl }, { cause });
  }
}

async function failure(answer: Response) {
  const body: unknown = await answer.json().catch(() => undefined);
  if (typeof body !== "object" || body === null)
    return errorFromBody({ code: "UNKNOWN", reason: "UNKNOWN", message: `the console answered ${answer.status}` });
  const { requestId, details, ...rest } = body as { requestId?: unknown; details?: object };
  return errorFromBody({ ...rest, details: { ...details, requestId } });
}

function buildPath(path: string, params: Record<string, unknown> = {}): string {
  return path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(params[key])));
}

function buildQuery(query: Record<string, unknown> = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return "";
  return `?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join("&")}`;
}
