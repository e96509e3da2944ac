import type { RouteName } from "@msec/api-schema";
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { type ApiInput, type ApiOutput, callApi } from "./api.js";

export interface UseApiOptions<T> {
  /** Ask again this often; a function may look at the answer. Not while the tab is hidden. */
  readonly refreshMs?: number | ((data: T | undefined) => number | false);
  readonly enabled?: boolean;
}

/** An answer of the API in the query cache. The old answer stays visible while a new one is on its way. */
export function useApi<K extends RouteName>(
  name: K,
  input?: ApiInput<K>,
  options: UseApiOptions<ApiOutput<K>> = {},
): UseQueryResult<ApiOutput<K>> {
  const { refreshMs, enabled = true } = options;
  return useQuery({
    queryKey: [name, input],
    queryFn: () => callApi(name, input),
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: (query) =>
      typeof refreshMs === "function" ? refreshMs(query.state.data as ApiOutput<K> | undefined) : (refreshMs ?? false),
  }) as UseQueryResult<ApiOutput<K>>;
}
