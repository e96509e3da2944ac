import type { OriginalCompat } from "@msec/balancer";
import { defaultHome, LOG_LEVELS, type LogLevel } from "@msec/daemon";
import { type Static, Type } from "typebox";

/** Settings of an agent. Precedence: defaults, file, `MSEC_*` environment, flags. Page: docs/reference/agent-config.md. */
export const AgentConfig = Type.Object(
  {
    home: Type.String({
      minLength: 1,
      default: defaultHome(),
      description: "Directory of everything this machine keeps. One agent per home.",
    }),
    address: Type.String({
      format: "ipv4",
      default: "127.0.0.1",
      description:
        "IPv4 address under which this machine's services are reached; they listen on it, and so does the log port.",
    }),
    name: Type.String({
      maxLength: 64,
      default: "",
      description: "How the machine is called on the console's pages. Empty: its host name.",
    }),
    logPort: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 44_443,
      description: "TCP port on which services hand over log records. 0: any free port, see agent.json.",
    }),
    logOnLoopback: Type.Boolean({
      default: false,
      description:
        "Also accept log records on 127.0.0.1:logPort, where programs of the archived system always send them. One agent per host only.",
    }),
    hopRecordsPerSec: Type.Integer({
      minimum: 0,
      default: 2000,
      description:
        "Hop records of each kind (good, failed or slow, coloured) taken per second. Above it only those of some requests are, chosen by flow id, the same ones on all machines. Each costs the agent about 10 us and the console a row. 0: no limit.",
    }),
    logSpoolMaxBytes: Type.Integer({
      minimum: 1 << 20,
      default: 512 << 20,
      description:
        "Most disk space for log records that the console has not got yet. Above it the oldest segment is dropped and counted.",
    }),
    logSegmentBytes: Type.Integer({
      minimum: 1 << 16,
      maximum: 1 << 30,
      default: 64 << 20,
      description: "Size at which a new spool segment begins; the unit in which old records are dropped.",
    }),
    monitorSlots: Type.Integer({
      minimum: 1000,
      maximum: 4_000_000,
      default: 100_000,
      description:
        "Slots of the shared metric ring (48 B each). Larger survives longer pauses of the agent. Changing it needs a stop of all services and the old file deleted.",
    }),
    metricPointsMax: Type.Integer({
      minimum: 1000,
      default: 200_000,
      description:
        "Most metric points kept in memory while the console is away. Above it the oldest are dropped and counted.",
    }),
    nlb: Type.Object(
      {
        directory: Type.String({
          maxLength: 200,
          default: "",
          description:
            "Where to keep the naming files of the archived system for programs linked with its library, which look in /var/nlb/naming. Empty: nowhere, and no question is answered. An agent of the archived system that runs there is waited for.",
        }),
        group: Type.String({
          maxLength: 64,
          default: "",
          description:
            "Group, by name or number, whose members may use these files. Empty: the agent's own group. Nobody else may.",
        }),
        udpPort: Type.Integer({
          minimum: 0,
          maximum: 65_535,
          default: 2841,
          description:
            "UDP port of 127.0.0.1 on which such programs ask while the files of a service are missing. They know no other. 0: no questions are answered.",
        }),
        compat: Type.Unsafe<OriginalCompat>({
          type: "string",
          enum: ["fixed", "as-shipped"],
          default: "fixed",
          description:
            "How the weights in these files are shaped. as-shipped: with the defects of the archived agent, for comparison.",
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    consoleLink: Type.String({
      maxLength: 261,
      default: "",
      description: "host:port to dial instead of the one in the join token, after the console moved.",
    }),
    joinToken: Type.String({
      default: "",
      description: "Token from the console's Machines page; needed for the first start only.",
      "x-secret": true,
    }),
    rejoin: Type.Boolean({
      default: false,
      description: "Give up the identity of this home and join anew with the token.",
    }),
    log: Type.Object(
      {
        level: Type.Unsafe<LogLevel>({
          type: "string",
          enum: [...LOG_LEVELS],
          default: "info",
          description: "Least important event of the agent's own log: debug, info, warn, error or silent.",
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    joinTimeoutMs: Type.Integer({
      minimum: 1000,
      default: 30_000,
      description: "How long the first start waits for a console that does not answer.",
    }),
  },
  { additionalProperties: false },
);
export type AgentConfig = Static<typeof AgentConfig>;
