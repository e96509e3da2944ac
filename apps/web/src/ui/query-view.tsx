import type { UseQueryResult } from "@tanstack/react-query";
import { Skeleton } from "antd";
import type { ReactNode } from "react";
import { ErrorPanel } from "./error-panel.js";

interface QueryViewProps<T> {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
}

/** One look for the states of an answer: skeleton once, then old content dimmed while another is on its way, errors above it. */
export function QueryView<T>({ query, children }: QueryViewProps<T>) {
  const { data, error, isPlaceholderData } = query;
  const retry = () => void query.refetch();
  if (data === undefined)
    return error ? <ErrorPanel error={error} onRetry={retry} /> : <Skeleton active paragraph={{ rows: 6 }} />;
  return (
    <div className={isPlaceholderData && !error ? "dimmed" : ""} aria-busy={isPlaceholderData}>
      {error && <ErrorPanel error={error} onRetry={retry} kind="stale" />}
      {children(data)}
    </div>
  );
}

type Answers<Q> = { [K in keyof Q]: Q[K] extends UseQueryResult<infer T> ? T : never };

interface QueriesViewProps<Q> {
  readonly queries: Q;
  readonly children: (answers: Answers<Q>) => ReactNode;
}

/** The same for several answers that are needed together. */
export function QueriesView<Q extends Readonly<Record<string, UseQueryResult>>>({
  queries,
  children,
}: QueriesViewProps<Q>) {
  const all = Object.values(queries);
  const bad = all.find((query) => query.error);
  const retry = () => void Promise.all(all.map((query) => query.refetch()));
  if (all.some((query) => query.data === undefined))
    return bad ? <ErrorPanel error={bad.error} onRetry={retry} /> : <Skeleton active paragraph={{ rows: 6 }} />;
  const answers = Object.fromEntries(Object.entries(queries).map(([key, query]) => [key, query.data])) as Answers<Q>;
  return (
    <>
      {bad && <ErrorPanel error={bad.error} onRetry={retry} kind="stale" />}
      {children(answers)}
    </>
  );
}
