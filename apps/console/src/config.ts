import { defaultHome, LOG_LEVELS } from "@msec/daemon";
import { type Static, Type } from "typebox";

const HOUR_MS = 3_600_000;
const Strict = { additionalProperties: false };
const HostPortText = (value: string, description: string) =>
  Type.String({ default: value, pattern: "^(\\[[0-9a-fA-F:]+\\]|[A-Za-z0-9.-]+):[0-9]{1,5}$", description });

const OptionalAddress = (description: string) =>
  Type.String({ default: "", pattern: "^((\\[[0-9a-fA-F:.]+\\]|[0-9.]+):[0-9]{1,5})?$", description });

/** Settings of the console. docs/reference/console-config.md shows the same. */
export const ConsoleConfig = Type.Object(
  {
    home: Type.String({
      default: defaultHome(),
      minLength: 1,
      description: "Directory of all state; the console's own is in `console/`. One console at a time uses it.",
    }),
    listen: HostPortText(
      "127.0.0.1:8080",
      "host:port of pages and HTTP API. Port 0 takes any free one. Other than loopback: put TLS in front and set publicUrl.",
    ),
    link: Type.Object(
      {
        listen: HostPortText("127.0.0.1:9981", "host:port that agents dial. Port 0 takes any free one."),
        publicAddress: Type.String({
          default: "",
          description: "host:port that join tokens tell agents to dial. Empty: the listen address.",
        }),
      },
      { ...Strict, default: {} },
    ),
    naming: Type.String({
      default: "embedded",
      pattern: "^(embedded|zk://\\S+)$",
      description:
        "Where names are kept: `embedded`, in this console, or also in a ZooKeeper that agents and consoles of the old kind share: " +
        "`zk://[user@]host[:port][,host…][/path]`, port 8972 unless said.",
    }),
    namingSecret: Type.Optional(
      Type.String({
        "x-secret": true,
        description: "Secret of the user in `naming`. Better in a file: MSEC_NAMING_SECRET_FILE.",
      }),
    ),
    publicUrl: Type.String({
      default: "",
      pattern: "^(https?://[^/\\s]+)?$",
      description:
        "How people reach the console, e.g. `https://msec.example.com`. Its host is answered to; https makes the cookie " +
        "secure. Empty: http and the listen address.",
    }),
    trustedHosts: Type.String({
      default: "",
      description: "More names the console answers to, separated by commas: `host` (any port) or `host:port`.",
    }),
    trustProxy: Type.Boolean({
      default: false,
      description: "Believe `X-Forwarded-For` when counting sign-in attempts. Only behind a proxy that sets it.",
    }),
    webDirectory: Type.String({ default: "", description: "Folder of the built pages. Empty: that of @msec/web." }),
    session: Type.Object(
      {
        idleMs: Type.Integer({
          default: 8 * HOUR_MS,
          minimum: 60_000,
          description: "A session that is not used for so long ends.",
        }),
        absoluteMs: Type.Integer({
          default: 7 * 24 * HOUR_MS,
          minimum: 60_000,
          description: "A session ends after so long, used or not.",
        }),
      },
      { ...Strict, default: {} },
    ),
    telemetry: Type.Object(
      {
        metricDays: Type.Integer({
          default: 30,
          minimum: 1,
          maximum: 400,
          description: "Metric values are kept for so many days. One series costs about 4 KiB a day.",
        }),
        logDays: Type.Integer({
          default: 7,
          minimum: 1,
          maximum: 400,
          description: "Log records and call graphs are kept for so many days.",
        }),
        logMaxBytes: Type.Integer({
          default: 4 * 2 ** 30,
          minimum: 16 * 2 ** 20,
          description: "Above this size the oldest log records are removed, whatever their age.",
        }),
        monitorAddress: OptionalAddress(
          "ip:port registered as RESERVED.monitor, where old programs look for the metric server. Empty: the link of this console.",
        ),
        logAddress: OptionalAddress(
          "ip:port registered as RESERVED.log, where old programs look for the log server. Empty: the link of this console.",
        ),
      },
      { ...Strict, default: {} },
    ),
    tls: Type.Object(
      {
        certificateMs: Type.Integer({
          default: 7 * 24 * HOUR_MS,
          minimum: 1_000,
          description:
            "Life of the certificates that services get for TLS among each other; agents renew them at half of it. Shorter " +
            "limits what a stolen key is good for, longer lets services go on while the console is away.",
        }),
      },
      { ...Strict, default: {} },
    ),
    log: Type.Object(
      {
        level: Type.Unsafe<(typeof LOG_LEVELS)[number]>({
          type: "string",
          enum: [...LOG_LEVELS],
          default: "info",
          description: "Least important events that are logged.",
        }),
      },
      { ...Strict, default: {} },
    ),
  },
  Strict,
);
export type ConsoleConfig = Static<typeof ConsoleConfig>;
