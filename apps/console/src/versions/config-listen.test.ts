import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkConfigText } from "./check-config.js";
import { readConfigLines } from "./config-lines.js";
import { sampleConfig, setListen } from "./config-listen.js";

const want = "8090/tcp 8090/udp";

describe("setListen", () => {
  it.each([
    ["an empty text", "", `[SRPC]\nlisten=${want}\n`],
    ["no section", "[LOG]\nLevel=INFO\n", `[LOG]\nLevel=INFO\n\n[SRPC]\nlisten=${want}\n`],
    ["no line break at the end", "[LOG]\nLevel=INFO", `[LOG]\nLevel=INFO\n\n[SRPC]\nlisten=${want}\n`],
    ["a section without the key", "[SRPC] # mine\nprocnum=2\n", `[SRPC] # mine\nlisten=${want}\nprocnum=2\n`],
    ["a section at the very end", "[SRPC]", `[SRPC]\nlisten=${want}`],
    ["another value", "[SRPC]\n listen = all:1/tcp  ; old\n", `[SRPC]\n listen = ${want}  ; old\n`],
    ["an empty value", "[SRPC]\nlisten=\n", `[SRPC]\nlisten=${want}\n`],
    ["an empty value with a comment", "[SRPC]\nlisten= # none\n", `[SRPC]\nlisten=${want} # none\n`],
    ["a quoted value", '[SRPC]\nlisten="1/tcp" # x\n', `[SRPC]\nlisten=${want} # x\n`],
    ["a commented line", "[SRPC]\n#listen=1\n", `[SRPC]\nlisten=${want}\n#listen=1\n`],
    ["the key elsewhere", "[A]\nlisten=1\n[SRPC]\nlisten=2\n", `[A]\nlisten=1\n[SRPC]\nlisten=${want}\n`],
    ["the key twice: the first counts", "[SRPC]\nlisten=1\nlisten=2\n", `[SRPC]\nlisten=${want}\nlisten=2\n`],
    ["windows line ends", "[SRPC]\r\nlisten=1\r\n", `[SRPC]\r\nlisten=${want}\r\n`],
    ["windows line ends, no key", "[SRPC]\r\nprocnum=1\r\n", `[SRPC]\r\nlisten=${want}\r\nprocnum=1\r\n`],
  ])("%s", (_, text, result) => {
    expect(setListen(text, 8090)).toBe(result);
  });

  it("leaves all other lines as they are, and a second time changes nothing", () => {
    const line = fc.constantFrom("[LOG]", "[SRPC]", "listen=1/tcp", "listen = x # y", "# c", "", "a=b");
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join("\n");
        const once = setListen(text, 8090);
        expect(setListen(once, 8090)).toBe(once);
        expect(effectiveListen(once)).toBe(want);
        const kept = once.split("\n");
        for (const old of lines.filter((l) => !l.includes("listen"))) expect(kept).toContain(old);
      }),
    );
  });

  it("agrees with the sample", () => {
    const sample = sampleConfig(8090);
    expect(setListen(sample, 8090)).toBe(sample);
    expect(checkConfigText(sample, "typescript")).toEqual([]);
  });
});

/** What a reader finds: the first such key of the first such section. */
function effectiveListen(text: string): string | undefined {
  let section = "";
  for (const { content } of readConfigLines(text)) {
    if (content.kind === "section") section = content.name;
    if (content.kind === "key" && section === "SRPC" && content.key === "listen") return content.value;
  }
  return undefined;
}
