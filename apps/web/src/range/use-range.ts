import type { RouteName } from "@msec/api-schema";
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { type ApiInput, type ApiOutput, callApi } from "../api/api.js";
import { parseRange, type Range, refreshMs, resolveRange, type Window, writeRange } from "./range.js";

/** The page's range, shared by everything on it through the address. */
export function useRange(): { readonly range: Range; readonly setRange: (range: Range) => void } {
  const [search, setSearch] = useSearchParams();
  const range = useMemo(() => parseRange(search), [search]);
  const setRange = useCallback(
    (next: Range) => setSearch((old) => writeRange(old, next), { replace: false }),
    [setSearch],
  );
  return { range, setRange };
}

/** A query over the page's range; a range that ends now is asked again by itself with new moments. */
export function useRangeApi<K extends RouteName>(
  name: K,
  input: (window: Window) => ApiInput<K>,
  enabled = true,
): UseQueryResult<ApiOutput<K> & { readonly window: Window }> {
  const { range } = useRange();
  return useQuery({
    queryKey: [name, "range", range, withoutTimes(input({ fromMs: 0, toMs: 0 }) as { query?: object })],
    queryFn: async () => {
      const window = resolveRange(range, Date.now());
      const answer = await callApi(name, input(window));
      return { ...(answer as object), window };
    },
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs(range),
  }) as UseQueryResult<ApiOutput<K> & { readonly window: Window }>;
}

/** What a query asks for apart from moments, which change with each refresh. */
function withoutTimes(input: { readonly query?: object } | undefined): object {
  const { fromMs: _from, toMs: _to, stepMs: _step, ...rest } = (input?.query ?? {}) as Record<string, unknown>;
  return rest;
}
