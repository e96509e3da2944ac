import { readFileSync } from "node:fs";
import { formatHostPort, isIpv4, parseServiceName } from "@msec/core";
import { createDynamicTypes, type DynamicTypes, parseProto } from "@msec/idl";
import { type MessageType, type MethodType, messageFromJsonText, messageToJsonText } from "@msec/protocol";
import { createRpcClient, type Picker } from "@msec/rpc";
import type { Command } from "commander";
import type { CliContext } from "./cli-context.js";
import { InterfaceMissing, MethodUnknown } from "./errors.js";
import { parseWhole } from "./services.js";

interface CallOptions {
  readonly data: string;
  readonly idl?: string;
  readonly at?: string;
  readonly timeout: string;
}

/** `msec call`: one call, like grpcurl. */
export function callCommand(program: Command, cli: CliContext): void {
  program
    .command("call <service> <method>")
    .description(
      `call a method with JSON, e.g. msec call Flight.mod_flight queryFlight --data '{"name":"bison",…}'; <service> may be ip:port`,
    )
    .option("--data <json>", "the request; - reads it from standard input", "{}")
    .option("--idl <file>", "interface; default: the newest version that the console has")
    .option("--at <ip:port>", "one instance; default: any that is in traffic")
    .option("--timeout <ms>", "longest wait", "2000")
    .action(async (service: string, methodName: string, options: CallOptions) => {
      const types = createDynamicTypes(
        parseProto(await idlText(cli, service, options), { fileName: options.idl ?? "idl" }).model,
      );
      const method = findMethod(types, methodName);
      const text = options.data === "-" ? readFileSync(0, "utf8") : options.data;
      const request = messageFromJsonText(method.input, text);
      const target = isAddress(service) ? service : (options.at ?? (await anyInstance(cli, service)));
      const client = createRpcClient({ service: "msec.cli", picker: noNames });
      try {
        const timeoutMs = parseWhole("--timeout", options.timeout);
        const answer = await client.call(method as MethodType<MessageType, MessageType>, `${target}@tcp`, request, {
          timeoutMs,
        });
        process.stdout.write(`${messageToJsonText(method.output, answer)}\n`);
      } finally {
        client.close();
      }
    });
}

/** Only addresses are called here; names were looked up at the console. */
const noNames: Picker = {
  pick: (service) => {
    throw new InterfaceMissing({ service });
  },
};

function isAddress(text: string): boolean {
  return isIpv4(text.split(":")[0] ?? "");
}

async function idlText(cli: CliContext, service: string, options: CallOptions): Promise<string> {
  if (options.idl !== undefined) return readFileSync(options.idl, "utf8");
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

async function anyInstance(cli: CliContext, service: string): Promise<string> {
  const { instances } = await cli.api()("naming.get", { params: { service } });
  const chosen = instances[Math.floor(Math.random() * instances.length)];
  if (!chosen) throw new InterfaceMissing({ service: `${service} (no instance is in traffic; give --at)` });
  return formatHostPort(chosen);
}
