import { readFileSync } from "node:fs";
import { formatHostPort, type HostPort, isAppError, isIpv4, parseServiceName } from "@msec/core";
import { createDynamicTypes, type DynamicTypes, parseProto } from "@msec/idl";
import { type MessageType, type MethodType, messageFromJsonText, messageToJsonText } from "@msec/protocol";
import { type ClientTls, createRpcClient, type Picker, TlsDirectory } from "@msec/rpc";
import type { Command } from "commander";
import type { CliContext } from "./cli-context.js";
import { InterfaceMissing, MethodUnknown, NothingInTraffic } from "./errors.js";
import { readable } from "./versions.js";
import { parseWhole } from "./whole-number.js";

interface CallOptions {
  readonly data: string;
  readonly idl?: string;
  readonly at?: string;
  readonly timeout: string;
  readonly tls?: string;
}

/** `msec call`: one call, like grpcurl. */
export function callCommand(program: Command, cli: CliContext): void {
  program
    .command("call <service> <method>")
    .description(
      "call a method with JSON; <service> is First.Second or ip:port, <method> is Method, Service.Method or package.Service.Method",
    )
    .option("--data <json>", "the request; - reads it from standard input", "{}")
    .option("--idl <file>", "interface; default: the newest version that the console has")
    .option("--at <ip:port>", "one instance; default: any that is in traffic")
    .option("--timeout <ms>", "longest wait", "2000")
    .option("--tls <directory>", "over TLS with the certificate there, e.g. <home>/agent/tls/machine")
    .action(async (service: string, methodName: string, options: CallOptions) => {
      const types = createDynamicTypes(
        parseProto(await idlText(cli, service, options), { fileName: options.idl ?? "idl" }).model,
      );
      const method = findMethod(types, methodName);
      const text = options.data === "-" ? readFileSync(0, "utf8") : options.data;
      const request = messageFromJsonText(method.input, text);
      const address = isAddress(service) ? service : options.at;
      const places = address === undefined ? await instancesInTraffic(cli, service) : [];
      const target = address === undefined ? service : `${address}@tcp`;
      const client = createRpcClient({ service: "msec.cli", picker: pickerOf(places), ...tlsOf(options) });
      try {
        const timeoutMs = parseWhole("--timeout", options.timeout);
        const answer = await client.call(method as MethodType<MessageType, MessageType>, target, request, {
          timeoutMs,
        });
        process.stdout.write(`${messageToJsonText(method.output, answer)}\n`);
      } finally {
        client.close();
      }
    });
}

function tlsOf({ tls }: CallOptions): { readonly tls?: ClientTls } {
  return tls === undefined ? {} : { tls: { mode: "required", files: new TlsDirectory(tls) } };
}

/** Any of the instances; one that refused is not asked again while others are left. */
function pickerOf(places: readonly HostPort[]): Picker {
  const pick = (service: string, tried: readonly string[]) => {
    const left = places.filter((place) => !tried.includes(formatHostPort(place)));
    const from = left.length > 0 ? left : places;
    const chosen = from[Math.floor(Math.random() * from.length)];
    if (!chosen) throw new NothingInTraffic({ service });
    return { ...chosen, transport: "tcp" as const, report: () => undefined };
  };
  return { pick };
}

function isAddress(text: string): boolean {
  return isIpv4(text.split(":")[0] ?? "");
}

async function idlText(cli: CliContext, service: string, options: CallOptions): Promise<string> {
  const { idl } = options;
  if (idl !== undefined) return readable(idl, () => readFileSync(idl, "utf8"));
  if (isAddress(service)) throw new InterfaceMissing({ service });
  const params = parseServiceName(service);
  const { versions } = await cli.api()("idls.list", { params });
  const newest = versions[0];
  if (!newest) throw new InterfaceMissing({ service });
  return (await cli.api()("idls.get", { params: { ...params, tag: newest.tag } })).content;
}

/** Accepts `Method`, `Service.Method` or `package.Service.Method`. @throws {MethodUnknown} */
function findMethod(types: DynamicTypes, name: string): MethodType {
  const known = [...types.methods.keys()];
  const matches = known.filter((full) => full === name || full.endsWith(`.${name}`));
  const method = matches.length === 1 ? types.methods.get(matches[0] ?? "") : undefined;
  if (!method) throw new MethodUnknown({ method: name, known });
  return method;
}

/** @throws {NothingInTraffic} */
async function instancesInTraffic(cli: CliContext, service: string): Promise<readonly HostPort[]> {
  const { instances } = await cli
    .api()("naming.get", { params: { service } })
    .catch((cause: unknown) => {
      if (isAppError(cause) && cause.reason === "CON_NAME_UNKNOWN") throw new NothingInTraffic({ service }, { cause });
      throw cause;
    });
  if (instances.length === 0) throw new NothingInTraffic({ service });
  return instances.map(({ host, port }) => ({ host, port }));
}
