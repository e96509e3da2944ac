/** Serves `routes.read`: how this machine sees a service now, from the table that its callers share. */
import { hashKey, type RouteRow, readRoutes } from "@msec/balancer";
import { MAX_ROUTE_ROWS, type RoutesReadReply } from "@msec/protocol";
import { bootNowMs, type LiveTable } from "@msec/shm";

const MAX_CANDIDATES = 64;
const isWell = ({ state }: RouteRow): boolean => state === "ready" || state === "unused";

/** @param view of the service's table; `undefined` = this machine does not know the service */
export function answerRoutes(
  view: LiveTable | undefined,
  { picks, key, random }: { picks: number; key: string; random: () => number },
): RoutesReadReply {
  if (view === undefined) return { routes: null };
  view.refresh();
  const reading = readRoutes(view, { nowMs: bootNowMs(), random, picks, key: key === "" ? 0 : hashKey(key) });
  const { sample } = reading;
  return {
    routes: {
      ...reading,
      rows: firstRows(reading.rows).map((row) => ({ ...row, why: row.why.slice(0, 512) })),
      sample: sample && {
        ...sample,
        text: sample.text.slice(0, 2_048),
        candidates: sample.candidates.slice(0, MAX_CANDIDATES).map((candidate) => ({ ...candidate })),
      },
    },
  };
}

function firstRows(rows: readonly RouteRow[]): readonly RouteRow[] {
  if (rows.length <= MAX_ROUTE_ROWS) return rows;
  return [...rows.filter((row) => !isWell(row)), ...rows.filter(isWell)].slice(0, MAX_ROUTE_ROWS);
}
