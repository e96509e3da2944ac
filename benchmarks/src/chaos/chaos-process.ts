/** Child process of the chaos runs: `backend` or `client`, then its arguments as JSON. */
import { answerParent } from "../rpc/child-main.js";
import { type BackendArgs, startBackend } from "./chaos-backend.js";
import { type ClientArgs, startClient } from "./chaos-client.js";

await answerParent({
  backend: (args) => startBackend(args as BackendArgs),
  client: (args) => startClient(args as ClientArgs),
});
