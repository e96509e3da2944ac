/** Which names the console answers to, and which pages may change things. Protects against DNS rebinding and CSRF. */

export interface HostRules {
  /** `host` or `host:port`, lower case. A name without a port matches every port. */
  readonly hosts: ReadonlySet<string>;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** Names from the listen address, `publicUrl` and `trustedHosts` (a comma-separated list), and the loopback names. */
export function hostRules(opts: { listenHost: string; publicUrl: string; trustedHosts: string }): HostRules {
  const configured = opts.trustedHosts.split(",").map((host) => host.trim());
  const fromUrl = opts.publicUrl === "" ? "" : new URL(opts.publicUrl).host;
  const all = [...LOOPBACK, opts.listenHost, fromUrl, ...configured];
  return { hosts: new Set(all.filter((host) => host !== "").map((host) => host.toLowerCase())) };
}

/** @param host the `Host` header */
export function isHostAllowed(rules: HostRules, host: string | undefined): boolean {
  if (host === undefined || host === "") return false;
  const lower = host.toLowerCase();
  return rules.hosts.has(lower) || rules.hosts.has(lower.replace(/:\d{1,5}$/, ""));
}

/** True when the page that sends the request was loaded from the host it is sent to. */
export function isSameOrigin(origin: string, host: string): boolean {
  try {
    return new URL(origin).host === host.toLowerCase();
  } catch {
    return false;
  }
}
