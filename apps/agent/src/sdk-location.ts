import { createRequire } from "node:module";
import { dirname } from "node:path";

/** Where the SDK is that runs plug-ins on this machine: the one installed with the agent. */
export interface SdkLocation {
  /** The service host's script. */
  readonly hostScript: string;
  /** Package directory, linked into each release. */
  readonly sdkDir: string;
}

export function locateSdk(): SdkLocation {
  const require = createRequire(import.meta.url);
  const hostScript = require.resolve("@msec/sdk/host");
  return { hostScript, sdkDir: dirname(dirname(hostScript)) };
}
