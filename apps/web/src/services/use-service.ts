import { useParams } from "react-router";

/** The service in the page's address. */
export function useServiceName(): { readonly first: string; readonly second: string; readonly service: string } {
  const { first = "", second = "" } = useParams();
  return { first, second, service: `${first}.${second}` };
}
