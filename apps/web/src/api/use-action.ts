import type { RouteName } from "@msec/api-schema";
import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { useShowError } from "../ui/show-error.js";
import { type ApiInput, type ApiOutput, callApi } from "./api.js";

interface UseActionOptions<T, I> {
  readonly onDone?: (answer: T, input: I) => void;
  /** The caller shows the error itself, for instance inside a dialog. */
  readonly quiet?: boolean;
}

/** A change through the API. When it is done, everything on screen is asked for again; an error is shown with its reason. */
export function useAction<K extends RouteName>(
  name: K,
  options: UseActionOptions<ApiOutput<K>, ApiInput<K>> = {},
): UseMutationResult<ApiOutput<K>, Error, ApiInput<K>> {
  const queryClient = useQueryClient();
  const showError = useShowError();
  return useMutation<ApiOutput<K>, Error, ApiInput<K>>({
    mutationFn: (input) => callApi(name, input),
    onSuccess: (answer, input) => {
      void queryClient.invalidateQueries();
      options.onDone?.(answer, input);
    },
    onError: (error) => {
      if (!options.quiet) showError(error);
    },
  });
}
