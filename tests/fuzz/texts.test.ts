/** Texts that people and other programs write: config.ini, `listen`, IDL, join tokens, networks, targets. */
import type { ConfigProblem } from "@msec/core";
import { checkProto, createDynamicTypes, generateTypeScript, parseProto, sampleIdl } from "@msec/idl";
import { formatJoinToken, parseJoinToken } from "@msec/protocol";
import { parseNetwork } from "@msec/rpc";
import { parseConfigIni, parseServiceConfig, readListen } from "@msec/sdk";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { damagedText, survives, text } from "./damaged-bytes.js";
import { fuzz } from "./fuzz-property.js";

const CONFIG = `# service
[SRPC]
listen = all:7963/udp eth0:7963/tcp 127.0.0.1:80/tcp
procnum = 4 ; four
msg_timeout = 800
udp_trusted = 10.0.0.0/8 192.168.1.9
[CLIENT]
retry_ratio = 0.2
[LOG]
Level = INFO
[COLOR]
FieldName0 = uin
FieldValue0 = "42 # \\" \\\\"
`;
const CONFIG_WORDS = [
  "[",
  "]",
  "=",
  "#",
  ";",
  '"',
  "\\",
  "\n",
  "\r\n",
  "\0",
  "[SRPC]",
  "listen",
  "/udp",
  ":",
  "-1",
  "1e9",
];

const IDL = `syntax = "proto2";
package flight.v1;
option java_package = "a.b";
/* about */ enum Class { option allow_alias = true; ECONOMY = 0; BUSINESS = 1 [deprecated = true]; reserved 5 to 9, "X"; }
message Request {
  required string from = 1; // where
  optional int64 day = 2 [default = -1];
  repeated Class classes = 3 [packed = true];
  oneof way { string name = 4; bytes raw = 5; }
  repeated Request more = 6;
  message Inner { optional double x = 1 [default = 1.5e-3]; extensions 100 to max; }
  optional Inner inner = 7;
}
service FlightService { rpc Query (Request) returns (.flight.v1.Request) { option idempotency_level = IDEMPOTENT; } }
`;
const IDL_WORDS = [
  "{",
  "}",
  ";",
  "=",
  '"',
  "'",
  "/*",
  "*/",
  "//",
  "\n",
  "0",
  "-",
  "message",
  "enum",
  "oneof",
  "map<",
  ">",
  "rpc",
  "to",
  "max",
  "group",
  "stream",
  "\\",
  "0x",
  "1e",
  ".",
];

describe("nothing but an AppError is thrown, or problems are listed", () => {
  const configs = fc.oneof(text, damagedText(fc.constant(CONFIG), CONFIG_WORDS));
  fuzz(
    "config.ini",
    fc.property(configs, (config) => survives(() => parseConfigIni(config))),
  );
  fuzz(
    "service config",
    fc.property(configs, (config) => survives(() => parseServiceConfig(config, { interfaces: () => ({ eth0: [] }) }))),
  );
  fuzz(
    "config values are found again",
    fc.property(text, (value) => {
      const kept = value.replace(/[\p{Cc}\u2028\u2029]/gu, "");
      const quoted = `[A]\nkey = "${kept.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"\n`;
      expect(parseConfigIni(quoted).get("A", "key")).toBe(kept === "" ? undefined : kept);
    }),
  );
  fuzz(
    "listen",
    fc.property(
      fc.oneof(
        text,
        damagedText(fc.constant("all:7963/udp eth0:80/tcp 127.0.0.1:8/tcp"), [
          ":",
          "/",
          "tcp",
          "udp",
          " ",
          "[",
          "]",
          "all",
        ]),
      ),
      (items) => {
        const problems: ConfigProblem[] = [];
        const found = readListen(items, { interfaces: () => ({ eth0: ["10.0.0.1"] }) }, problems);
        expect(problems.length > 0 || found.length > 0).toBe(true);
        for (const { port } of found) expect(port >= 0 && port <= 65_535).toBe(true);
      },
    ),
  );
  fuzz(
    "networks",
    fc.property(fc.oneof(text, damagedText(fc.constant("10.1.2.3/24"), [".", "/", "256", "-"])), (network) =>
      survives(() => parseNetwork(network)),
    ),
  );
  fuzz(
    "join tokens",
    fc.property(
      damagedText(
        fc.constant(
          formatJoinToken({
            host: "console",
            port: 9981,
            fingerprint: Array.from({ length: 32 }, () => "0A").join(":"),
            tokenId: "t",
            tokenSecret: "0123456789abcdef",
          }),
        ),
        ["msec1.", "=", "-", "_", "."],
      ),
      (token) => survives(() => parseJoinToken(token)),
    ),
  );

  const idls = fc.oneof(text, damagedText(fc.constantFrom(IDL, sampleIdl("Flight", "search")), IDL_WORDS));
  fuzz(
    "IDL",
    fc.property(idls, (idl) => {
      const { model, problems } = checkProto(idl);
      survives(() => parseProto(idl));
      expect(model === undefined).toBe(problems.some(({ severity }) => severity === "error"));
      // What is accepted can be used.
      if (model !== undefined) generateTypeScript(model);
      if (model !== undefined) createDynamicTypes(model);
    }),
  );
});
