import { availableParallelism } from "node:os";
import type { ConfigProblem } from "@msec/core";
import { describe, expect, it } from "vitest";
import { readListen } from "./listen-items.js";
import { clientDefaults, datagramLimits, parseServiceConfig } from "./service-config.js";

const interfaces = () => ({ lo: ["127.0.0.1"], eth1: ["10.0.0.5", "10.0.0.6"], wg0: [] });

function listen(text: string, bind?: string): string[] {
  const problems: ConfigProblem[] = [];
  const items = readListen(text, { interfaces, ...(bind === undefined ? {} : { bind }) }, problems);
  return problems.length > 0
    ? problems.map(({ message }) => message)
    : items.map((i) => `${i.host}:${i.port}/${i.transport}`);
}

describe("listen", () => {
  it.each([
    { text: "7963/tcp", want: ["0.0.0.0:7963/tcp"] },
    { text: "7963/udp  7963/tcp", want: ["0.0.0.0:7963/udp", "0.0.0.0:7963/tcp"] },
    { text: "all:80/tcp", bind: "127.0.0.2", want: ["127.0.0.2:80/tcp"] },
    { text: "eth1:80/tcp\t127.0.0.9:81/tcp", bind: "127.0.0.2", want: ["10.0.0.5:80/tcp", "127.0.0.9:81/tcp"] },
    {
      text: "eth9:80/tcp",
      want: ['"eth9:80/tcp": there is no interface "eth9" here; use all, an IPv4 address or one of: lo, eth1, wg0'],
    },
    { text: "wg0:80/tcp", want: ['"wg0:80/tcp": interface wg0 has no IPv4 address'] },
    { text: "80", want: ['"80": expected [where:]port/tcp or [where:]port/udp'] },
    { text: "80/TCP", want: ['"80/TCP": transport is "TCP", use tcp or udp'] },
    {
      text: "65536/tcp x/tcp",
      want: ["65536", "x"].map((p) => `"${p}/tcp": port is "${p}", use a number from 1 to 65535`),
    },
    { text: "80/tcp all:80/tcp", want: ['"all:80/tcp": the same address is listed twice'] },
    { text: "80/udp", want: ["0.0.0.0:80/udp"] },
    { text: "", want: ["no item; add one like 7963/tcp"] },
    {
      text: "[::1]:80/tcp",
      want: ['"[::1]:80/tcp": IPv6 addresses are not served; use all, an IPv4 address or an interface'],
    },
  ])("$text", ({ text, bind, want }) => {
    expect(listen(text, bind)).toEqual(want);
  });
});

describe("parseServiceConfig", () => {
  it("has a default for everything", () => {
    const config = parseServiceConfig("");
    expect(config).toMatchObject({
      listen: [
        { host: "0.0.0.0", port: 7963, transport: "udp" },
        { host: "0.0.0.0", port: 7963, transport: "tcp" },
      ],
      procnum: availableParallelism(),
      accept: "balanced",
      heartbeatMs: 10_000,
      drainMs: 8_000,
      msgTimeoutMs: 800,
      isReloadable: true,
      maxInFlight: 10_000,
      maxConnections: 10_000,
      loopMs: 1_000,
      clientRetryRatio: 0.2,
      clientShortConnections: false,
      clientOriginalNaming: "",
      clientHedgeAfterMs: 0,
    });
    expect(config.logFilter.level).toBe("ERROR");
    expect(config.warnings).toEqual([]);
    expect(datagramLimits(config)).toEqual({ trusted: ["127.0.0.0/8"], maxFactor: 3, ratePerSec: 1_000 });
  });

  it("reads the framework's keys, levels in any case and consecutive colour rules", () => {
    const text = `
      [SRPC]
      listen = 80/tcp
      procnum = 3
      heartbeat = 5
      [LOG]
      Level = info
      [COLOR]
      FieldName0 = uin
      FieldValue0 = 42
      FieldName1 = empty
      FieldName2 = ReqID
      FieldValue2 = 7
      FieldName4 = after a gap
      FieldValue4 = 1`;
    const config = parseServiceConfig(text);
    expect(config).toMatchObject({ procnum: 3, heartbeatMs: 5_000, warnings: [] });
    expect(config.logFilter.level).toBe("INFO");
    expect(config.logFilter.rules.map(({ field }) => field)).toEqual(["uin", "ReqID", "Coloring"]);
  });

  it("reads the networks whose datagrams are trusted", () => {
    const config = parseServiceConfig("[SRPC]\nudp_trusted = 10.0.0.0/8  192.168.1.9\nudp_max_factor = 5");
    expect(datagramLimits(config)).toMatchObject({
      trusted: ["127.0.0.0/8", "10.0.0.0/8", "192.168.1.9"],
      maxFactor: 5,
    });
    expect(() => parseServiceConfig("[SRPC]\nudp_trusted = 10.0.0.0/33")).toThrow(
      '[SRPC] udp_trusted: "10.0.0.0/33" is not an IPv4 address or network like 10.0.0.0/8',
    );
  });

  it("says which keys do nothing", () => {
    const text =
      "[SRPC]\nlisten=80/tcp\nshmsize=16\nmaxInFlight=4\nzzz=1\n[LOG]\nFileMax=3\n[COLOR]\nFieldName0=a\nFieldNam1=b\n[srpc]\n[CLIENTS]\n[FLIGHT]\nany=1";
    expect(parseServiceConfig(text).warnings.map(({ path, message }) => `${path} ${message}`)).toEqual([
      "[SRPC] shmsize has no effect: requests do not pass through shared memory",
      "[SRPC] maxInFlight unknown key; did you mean max_in_flight?",
      "[SRPC] zzz unknown key",
      "[LOG] FileMax has no effect: there are no local business logs",
      "[COLOR] FieldNam1 unknown key; did you mean FieldName?",
      "[srpc] is not read; did you mean [SRPC]?",
      "[CLIENTS] is not read; did you mean [CLIENT]?",
    ]);
  });

  it("lists all problems at once", () => {
    const text =
      "[SRPC]\nlisten = 80/sctp\nprocnum = 0\naccept = all\nheartbeat = soon\nreload = maybe\nloop_ms = -1\n[CLIENT]\nretry_ratio = 1.5\n[LOG]\nLevel = WARN";
    expect(() => parseServiceConfig(text)).toThrow(
      /\[SRPC\] listen: .*sctp.*\[SRPC\] procnum: is "0".*\[SRPC\] accept: is "all".*heartbeat.*reload: is "maybe", use on or off.*loop_ms.*\[CLIENT\] retry_ratio: is "1.5", use a number from 0 to 1.*\[LOG\] Level: is "WARN"/s,
    );
  });
});

describe("clientDefaults", () => {
  it("hedges nothing and keeps connections unless told otherwise", () => {
    expect(clientDefaults(parseServiceConfig(""))).toEqual({ shortConnection: false });
  });

  it("takes over what [CLIENT] says", () => {
    const config = parseServiceConfig("[CLIENT]\nhedge_after_ms = 40\nshort_connections = on");
    expect(clientDefaults(config)).toEqual({ shortConnection: true, hedge: { afterMs: 40 } });
  });
});
