import { tuneV8 } from "@msec/sdk";
import type { Peer } from "./peer.js";

/** In a process with the compiler's budget of a service's worker. */
export function tuned({ serve, open }: Peer): Peer {
  return {
    serve: (options) => {
      tuneV8();
      return serve(options);
    },
    open: (options) => {
      tuneV8();
      return open(options);
    },
  };
}
