import { useSearchParams } from "react-router";
import { useApi } from "../api/use-api.js";
import { fullName } from "../app/tree-groups.js";

/** The service a page is about, from `?service=`; the first standard one if none is named. */
export function useServiceParam(): readonly [service: string, setService: (service: string) => void] {
  const [search, setSearch] = useSearchParams();
  const services = useApi("services.list").data?.services ?? [];
  const first = services.find((each) => each.kind === "standard");
  const service = search.get("service") ?? (first ? fullName(first) : "");
  const setService = (next: string) =>
    setSearch((old) => {
      const params = new URLSearchParams(old);
      params.set("service", next);
      params.delete("a");
      return params;
    });
  return [service, setService];
}
