import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { api } from "../api/api.js";
import { refreshMs, resolveRange } from "../range/range.js";
import { useRange } from "../range/use-range.js";
import { parseFilter } from "./log-filter.js";

const PAGE_SIZE = 200;

/** Records of the page's range and filter, newest first, page by page; live asks again by itself. */
export function useLogs(service: string) {
  const [search] = useSearchParams();
  const { range } = useRange();
  const filter = parseFilter(search);
  const query = useInfiniteQuery({
    queryKey: ["logs.search", service, filter, range],
    queryFn: ({ pageParam }) => {
      const { fromMs, toMs } = resolveRange(range, Date.now());
      return api("logs.search", {
        query: {
          ...filter,
          ...(service ? { service } : {}),
          ...(pageParam === "" ? {} : { before: pageParam }),
          fromMs,
          toMs,
          limit: PAGE_SIZE,
        },
      });
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: (old) => old,
    refetchInterval: (state) => ((state.state.data?.pages.length ?? 1) > 1 ? false : refreshMs(range)),
  });
  return {
    query,
    records: query.data?.pages.flatMap((page) => page.records) ?? [],
    histogram: query.data?.pages[0]?.histogram,
  };
}
