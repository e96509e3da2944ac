import type { TextProblem } from "@msec/api-schema";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { callApi } from "../api/api.js";
import { useServiceName } from "../services/use-service.js";
import type { TextKind } from "./text-kind.js";

const PAUSE_MS = 350;
const NO_PROBLEMS: readonly TextProblem[] = [];

/** The console's check of a text, a moment after the last key. */
export function useChecked(kind: TextKind, text: string): { problems: readonly TextProblem[]; checking: boolean } {
  const { first, second } = useServiceName();
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const check = useQuery({
    queryKey: [`${kind}.check`, first, second, settled],
    queryFn: () => callApi(`${kind}.check`, { params: { first, second }, body: { content: settled } }),
    enabled: settled.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 10_000,
  });
  if (settled.trim() === "") return { problems: NO_PROBLEMS, checking: false };
  return { problems: check.data?.problems ?? NO_PROBLEMS, checking: check.isFetching || settled !== text };
}
