import { useNavigate } from "react-router";
import { useRange } from "../range/use-range.js";

const MINUTE_MS = 60_000;

/** A click on a chart opens the logs of that minute; a drag narrows the page's range. */
export function useChartActions(service: string) {
  const navigate = useNavigate();
  const { setRange } = useRange();
  return {
    onPick: (atMs: number) => {
      const fromMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
      void navigate(`/logs?service=${service}&from=${fromMs}&to=${fromMs + MINUTE_MS}`);
    },
    onSelect: (fromMs: number, toMs: number) =>
      setRange({ kind: "fixed", fromMs: Math.floor(fromMs), toMs: Math.ceil(toMs) }),
  };
}
