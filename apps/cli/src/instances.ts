import type { Instance } from "@msec/api-schema";
import { parseServiceName } from "@msec/core";
import type { Command } from "commander";
import { type CliContext, table } from "./cli-context.js";
import { describeLabels, type LabelOptions, labelChange, labelOption } from "./labels.js";
import { parseWhole } from "./whole-number.js";

interface InstanceOptions extends LabelOptions {
  readonly weight?: string;
  readonly transport?: Instance["transport"];
}

function instanceBody(options: InstanceOptions) {
  const { weight, transport } = options;
  const labels = labelChange(options);
  return {
    ...(weight !== undefined && { weight: parseWhole("--weight", weight) }),
    ...(transport !== undefined && { transport }),
    ...(labels && { labels }),
  };
}

/** What callers say first, then the process. */
function whyOf({ views, process }: Instance): string {
  const bad = views.filter((view) => view.state !== "well").map((view) => `${view.machine}: ${view.text}`);
  return [...bad, process.text].filter(Boolean).join("; ") || (views[0]?.text ?? "");
}

/** `msec instance …`, `msec expand`, `msec shrink`. */
export function instanceCommands(program: Command, cli: CliContext): void {
  capacityCommands(program, cli);
  const instance = program.command("instance").description("instances of a service");
  instance
    .command("list <First.Second>")
    .description("instances with their processes and why they are as they are")
    .action(async (full: string) => {
      const answer = await cli.api()("instances.list", { params: parseServiceName(full) });
      cli.print(answer, () =>
        table(
          ["ADDRESS", "TRAFFIC", "WEIGHT", "LABELS", "PROCESS", "RELEASE", "MACHINE", "WHY"],
          answer.instances.map((i) => [
            i.address,
            i.status,
            i.weight,
            describeLabels(i.labels),
            i.process.state,
            i.process.releaseId ?? "-",
            i.machineName || "-",
            whyOf(i),
          ]),
        ),
      );
    });
  instance
    .command("add <First.Second> <hosts...>")
    .description("add instances, out of traffic: hosts for standard services, ip:port for external ones")
    .option("--weight <weight>", "1 to 10000")
    .option("--transport <protocol>", "tcp, udp or all")
    .addOption(labelOption("zone"))
    .addOption(labelOption("rack"))
    .addOption(labelOption("set"))
    .action(async (full: string, places: string[], options: InstanceOptions) => {
      const isAddress = places.every((place) => place.includes(":"));
      const body = { ...(isAddress ? { addresses: places } : { hosts: places }), ...instanceBody(options) };
      const answer = await cli.api()("instances.create", { params: parseServiceName(full), body });
      cli.print(answer, () => [
        `added ${answer.instances.map((i) => i.address).join(", ")} to ${full}, out of traffic`,
      ]);
    });
  instance
    .command("set <First.Second> <ip:port>")
    .description("change weight, protocol and labels of an instance, in traffic or not; what is not given stays")
    .option("--weight <weight>", "1 to 10000")
    .option("--transport <protocol>", "tcp, udp or all")
    .addOption(labelOption("zone"))
    .addOption(labelOption("rack"))
    .addOption(labelOption("set"))
    .action(async (full: string, address: string, options: InstanceOptions) => {
      const params = { ...parseServiceName(full), address };
      const answer = await cli.api()("instances.update", { params, body: instanceBody(options) });
      const facts = `weight ${answer.weight}, ${answer.transport}, labels ${describeLabels(answer.labels)}`;
      cli.print(answer, () => [`${answer.address} of ${full}: ${facts}`]);
    });
  instance
    .command("remove <First.Second> <ip:port>")
    .description("remove an instance that is out of traffic")
    .action(async (full: string, address: string) => {
      const params = { ...parseServiceName(full), address };
      cli.print(await cli.api()("instances.delete", { params }), () => [`removed ${address} from ${full}`]);
    });
  for (const action of ["start", "stop", "restart"] as const) {
    instance
      .command(`${action} <First.Second> <ip:port>`)
      .description(`${action} the processes of one instance`)
      .action(async (full: string, address: string) => {
        const params = { ...parseServiceName(full), address };
        const answer = await cli.api()("instances.order", { params, body: { action } });
        cli.print(answer, () => [answer.text]);
      });
  }
}

interface CapacityOptions {
  readonly dryRun?: boolean;
  readonly allowEmpty?: boolean;
  readonly confirm?: string;
}

function capacityCommands(program: Command, cli: CliContext): void {
  for (const action of ["expand", "shrink"] as const) {
    program
      .command(`${action} <First.Second> <addresses...>`)
      .description(action === "expand" ? "put instances into traffic" : "take instances out of traffic")
      .option("--dry-run", "only tell what would happen")
      .option("--allow-empty", "confirm that the last instance leaves traffic")
      .option("--confirm <First.Second>", "besides, for the platform's own services (RESERVED.*)")
      .action(async (full: string, addresses: string[], options: CapacityOptions) => {
        const { dryRun = false, allowEmpty = false, confirm } = options;
        const answer = await cli.api()("capacity.change", {
          params: parseServiceName(full),
          body: { action, addresses, dryRun, allowEmpty, ...(confirm !== undefined && { confirm }) },
        });
        cli.print(answer, () => [
          answer.text,
          `in traffic: ${answer.inTraffic.join(", ") || "none"}`,
          `${answer.agentsTold} of ${answer.agentsOnline} agents have it`,
        ]);
      });
  }
}
