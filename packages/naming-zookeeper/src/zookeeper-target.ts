import { parseHostPort } from "@msec/core";
import { ZookeeperTargetInvalid } from "./errors.js";

/** Where the archived product's ZooKeeper listens. Spec: nlb.md §2. */
export const ZOOKEEPER_DEFAULT_PORT = 8972;

export interface ZookeeperTarget {
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** Everything is kept below it; "" = the root. */
  readonly root: string;
  /** `user:secret` of scheme digest; `undefined` = open nodes, as in the archived system. */
  readonly credential: string | undefined;
  /** For people and logs: without the secret. */
  readonly text: string;
}

const SHAPE = /^zk:\/\/(?:([^@/]*)@)?([^/]+)(\/.*)?$/;
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/**
 * Reads `zk://[user[:secret]@]host[:port][,host[:port]…][/path]`. A secret given apart wins; user and secret may hold `%40` and the
 * like. Errors never repeat the text: it may hold the secret.
 *
 * @throws {ZookeeperTargetInvalid}
 */
export function parseZookeeperTarget(text: string, secret?: string): ZookeeperTarget {
  const match = SHAPE.exec(text);
  if (!match) throw new ZookeeperTargetInvalid({ problem: "it does not have the form" });
  const [, login, hosts = "", path = ""] = match;
  const root = path.replace(/\/+$/, "");
  if (root !== "" && !/^(\/[A-Za-z0-9_.-]+)+$/.test(root))
    throw new ZookeeperTargetInvalid({ problem: `path ${root}` });
  const servers = hosts.split(",").map(parseServer);
  const { user, credential } = parseLogin(login, secret);
  const addresses = servers.map(({ host, port }) => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`));
  return { servers, root, credential, text: `zk://${user === "" ? "" : `${user}@`}${addresses.join(",")}${root}` };
}

function parseServer(text: string): { host: string; port: number } {
  const hasPort = /:\d+$/.test(text) && (!text.includes("::") || text.startsWith("["));
  const full = hasPort ? text : `${text}:${ZOOKEEPER_DEFAULT_PORT}`;
  if (full.startsWith("[")) return parseHostPort(full, "naming");
  const at = full.lastIndexOf(":");
  const host = full.slice(0, at);
  const port = Number(full.slice(at + 1));
  if (!HOST.test(host) || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new ZookeeperTargetInvalid({ problem: `server ${JSON.stringify(text)}` });
  return { host, port };
}

function parseLogin(
  login: string | undefined,
  apart: string | undefined,
): { user: string; credential: string | undefined } {
  if (login === undefined || login === "") {
    if (apart !== undefined && apart !== "") throw new ZookeeperTargetInvalid({ problem: "a secret without a user" });
    return { user: "", credential: undefined };
  }
  const at = login.indexOf(":");
  const user = decode(at < 0 ? login : login.slice(0, at));
  const secret = apart ?? (at < 0 ? "" : decode(login.slice(at + 1)));
  if (user === "" || user.includes(":")) throw new ZookeeperTargetInvalid({ problem: "the user" });
  if (secret === "") throw new ZookeeperTargetInvalid({ problem: `user ${user} has no secret` });
  return { user, credential: `${user}:${secret}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new ZookeeperTargetInvalid({ problem: "a wrong %-escape" }, { cause: error });
  }
}
