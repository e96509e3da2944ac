/** Wrong input of every kind: the answer names what and where, and nothing is half done. */
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { FlightService } from "@msec/example-flight-web/flight";
import { formatJoinToken, parseJoinToken } from "@msec/protocol";
import { connect, type MsecClient } from "@msec/sdk";
import { type ProgramResult, runProgram, TestScope } from "@msec/testkit";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  archiveOf,
  beginRelease,
  deployFlight,
  FLIGHT,
  type FlightDeployment,
  failingInit,
  flightName,
  flightQuery,
  releaseEnd,
  uploadFlight,
} from "./flight.js";
import { programFile } from "./msec-cli.js";
import { type TestMachine, TestPlatform } from "./test-platform.js";

const scope = new TestScope();
const platform = new TestPlatform(scope);
let machine: TestMachine;
let flight: FlightDeployment & { readonly releaseId: string };
let client: MsecClient;

beforeAll(async () => {
  await platform.startConsole();
  machine = await platform.addMachine("127.0.0.14");
  flight = await deployFlight(platform, [machine]);
  client = connect({ caller: "test.bad_input", home: machine.home });
  scope.add(() => client.close());
});
afterAll(() => scope.close());

const app = (name: "console" | "agent", ...settings: string[]): Promise<ProgramResult> =>
  runProgram([process.execPath, programFile(name), ...settings], { cwd: platform.root, timeoutMs: 40_000 });
const home = (name: string) => join(platform.root, name);
const callFlight = () => client.call(FlightService.methods.queryFlight, FLIGHT, flightQuery);

/** What was there before is untouched: the old release runs and answers. */
async function expectOldReleaseServes(): Promise<void> {
  expect(platform.hostState(machine, FLIGHT)).toMatchObject({ state: "running", releaseId: flight.releaseId });
  expect(await callFlight()).toMatchObject({ errcode: 0 });
}

describe("a console that can't start", () => {
  it.each([
    { name: "unknown option", settings: ["--colour", "red"], code: 2, text: /option --colour: is not known.*--help/ },
    { name: "no value", settings: ["--listen"], code: 2, text: /option --listen: needs a value/ },
    { name: "wrong value", settings: ["--listen", "everywhere"], code: 2, text: /listen: / },
    { name: "file missing", settings: ["--config", "/no/such.json"], code: 2, text: /\/no\/such\.json.*ENOENT/ },
  ])("says why: $name", async ({ settings, code, text }) => {
    const result = await app("console", "--home", home("unused"), ...settings);
    expect(result.stderr).toMatch(text);
    expect(result).toMatchObject({ code, stdout: "" });
  });

  it("says which process has its home", async () => {
    const result = await app("console", "--home", platform.consoleHome, "--listen", "127.0.0.1:0");
    expect(result.stderr).toContain(`process ${platform.console.pid}`);
    expect(result).toMatchObject({ code: 9, stderr: expect.stringMatching(/\[CFG_HOME_IN_USE\]/) });
  });

  it.each(["--listen", "--link.listen"])("says which address is taken: %s", async (option) => {
    const other = createServer().listen(0, "127.0.0.1");
    scope.add(() => other.close());
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const free = option === "--listen" ? "--link.listen" : "--listen";
    const settings = ["--home", home("taken"), option, `127.0.0.1:${port}`, free, "127.0.0.1:0"];
    const result = await app("console", ...settings);
    expect(result.stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*\\[NET_ADDRESS_IN_USE\\]`));
    expect(result).toMatchObject({ code: 9, stdout: "" });
  });
});

describe("an agent that can't start", () => {
  const token = async () => (await platform.api("joinTokens.create", { body: {} })).secret;
  const newAgent = (name: string, ...settings: string[]) =>
    app("agent", "--home", home(name), "--address", "127.0.0.15", "--log-port", "0", ...settings);

  it.each([
    { name: "no token", settings: [], code: 9, text: /has not joined.*--join-token.*\[CFG_JOIN_TOKEN_REQUIRED\]/ },
    { name: "no such token form", settings: ["--join-token", "hello"], code: 2, text: /token/ },
    { name: "wrong address", settings: ["--address", "300.1.1.1"], code: 2, text: /address: .*ipv4/i },
    { name: "port out of range", settings: ["--log-port", "70000"], code: 2, text: /logPort: .*65535/ },
    { name: "unknown option", settings: ["--log-prot", "1"], code: 2, text: /option --log-prot: is not known/ },
  ])("says why: $name", async ({ settings, code, text }) => {
    const result = await newAgent("agent-refused", ...settings);
    expect(result.stderr).toMatch(text);
    expect(result.code).toBe(code);
  });

  it("is refused with a wrong, a used and an expired token", async () => {
    const good = await token();
    const cut = await newAgent("agent-wrong", "--join-token", `${good.slice(0, -4)}AAAA`);
    expect(cut).toMatchObject({ code: 2, stderr: expect.stringMatching(/cut or changed.*PROTO_JOIN_TOKEN_INVALID/) });
    const guessed = formatJoinToken({ ...parseJoinToken(good), tokenSecret: "A".repeat(32) });
    const wrong = await newAgent("agent-wrong", "--join-token", guessed);
    expect(wrong.stderr).toMatch(/not valid here.*CON_JOIN_TOKEN_WRONG/);
    expect(wrong.code).toBe(7);

    const old = await token();
    const database = new Database(join(platform.consoleHome, "console/console.db"));
    database.prepare("UPDATE join_tokens SET expires_at_ms = 1 WHERE used_by IS NULL").run();
    database.close();
    const expired = await newAgent("agent-expired", "--join-token", old);
    expect(expired.stderr).toMatch(/expired at 1970.*CON_JOIN_TOKEN_EXPIRED/);
    expect(expired.code).toBe(7);

    const once = await token();
    const used = new Database(join(platform.consoleHome, "console/console.db"));
    used.prepare("UPDATE join_tokens SET used_by = 'other' WHERE used_by IS NULL").run();
    used.close();
    const again = await newAgent("agent-used", "--join-token", once);
    expect(again.stderr).toMatch(/used by machine other.*CON_JOIN_TOKEN_USED/);
    expect(again.code).toBe(7);

    const { machines } = await platform.api("machines.list");
    expect(machines.map((m) => m.name)).toEqual([machine.name]);
  });

  it("says which process has its home, and that an address has one machine", async () => {
    const second = await app("agent", "--home", machine.home, "--address", machine.address);
    expect(second.stderr).toContain(`process ${platform.agent(machine).pid}`);
    expect(second.code).toBe(9);
    const settings = ["--home", home("agent-twin"), "--address", machine.address, "--log-port", "0"];
    const twin = await app("agent", ...settings, "--join-token", await token());
    expect(twin.stderr).toContain(`${machine.address} already belongs to machine ${machine.name}`);
    expect(twin.code).not.toBe(0);
  });
});

describe("commands", () => {
  it.each([
    { words: ["fly"], code: 2, text: /unknown command 'fly'/ },
    { words: ["ps", "--fast"], code: 2, text: /unknown option '--fast'/ },
    { words: ["expand", FLIGHT], code: 2, text: /missing required argument 'addresses'/ },
    { words: ["new", "Shop.cart", "--port", "70000"], code: 2, text: /--port: 70000 is above 65535/ },
    { words: ["call", FLIGHT, "queryFlight", "--idl", "/no.proto"], code: 2, text: /\/no\.proto: can't be read/ },
    { words: ["service", "add", "Shop.cart", "--port", "many"], code: 2, text: /--port: many is no whole number/ },
    { words: ["group", "add", "1st"], code: 2, text: /name.*1st|1st.*name|body\.name/ },
    { words: ["group", "add", "agent"], code: 2, text: /agent is kept for msec itself/ },
    { words: ["group", "add", "Flight"], code: 6, text: /there is a group Flight already/ },
    { words: ["service", "add", "NoDot"], code: 2, text: /"NoDot".*First\.Second/ },
    { words: ["service", "add", "Nobody.home"], code: 5, text: /no group Nobody; add it first/ },
    { words: ["service", "add", "Flight.other", "--port", "70000"], code: 2, text: /body\.port.*65535/ },
    {
      words: ["service", "remove", FLIGHT],
      code: 9,
      text: /still has instances in traffic: 127\.0\.0\.14:\d+; shrink/,
    },
    { words: ["instance", "add", FLIGHT, "127.0.0.300"], code: 2, text: /body\.hosts/ },
    {
      words: ["instance", "add", FLIGHT, "127.0.0.15", "127.0.0.14"],
      code: 6,
      text: /nothing was added.*127\.0\.0\.14/,
    },
    { words: ["expand", FLIGHT, "127.0.0.99:1"], code: 2, text: /127\.0\.0\.99:1/ },
    { words: ["config", "show", FLIGHT, "v9"], code: 5, text: /no config version v9/ },
    { words: ["config", "add", FLIGHT, "v2", "/no/such.ini"], code: 2, text: /\/no\/such\.ini: can't be read/ },
    {
      words: ["release", "create", FLIGHT, "127.0.0.14:1", "--config", "v1", "--plugin", "v1"],
      code: 2,
      text: /127\.0\.0\.14:1 is no instance/,
    },
    { words: ["release", "show", "r-99"], code: 5, text: /no release has the id r-99/ },
    { words: ["call", FLIGHT, "queryFlight"], code: 5, text: /interface of Flight\.mod_flight is not known.*--idl/ },
    { words: ["logs", "--level", "LOUD"], code: 2, text: /level/ },
    { words: ["machine", "remove", "m-none"], code: 5, text: /m-none/ },
    { words: ["request", "abc"], code: 2, text: /requestId/ },
  ])("msec $words", async ({ words, code, text }) => {
    const result = await platform.msec(words);
    expect(result.stderr).toMatch(text);
    expect(result).toMatchObject({ code, stdout: "" });
  });

  it("tell errors as JSON when asked to, with the option before or behind", async () => {
    for (const words of [
      ["--json", "release", "show", "r-99"],
      ["release", "show", "r-99", "--json"],
    ]) {
      const { code, stderr } = await platform.msec(words);
      expect(code).toBe(5);
      expect(JSON.parse(stderr)).toMatchObject({
        code: "NOT_FOUND",
        reason: "REL_NOT_FOUND",
        details: { releaseId: "r-99" },
      });
    }
  });

  it("without a console, with a wrong token, and with an address that is none", async () => {
    const away = await platform.msec(["--console", "http://127.0.0.1:9", "ps"]);
    expect(away).toMatchObject({ code: 3, stderr: expect.stringContaining("http://127.0.0.1:9") });
    const wrong = await platform.msec(["--token", "mistaken", "ps"]);
    expect(wrong).toMatchObject({ code: 14, stderr: expect.stringMatching(/request /) });
    const nonsense = await platform.msec(["--console", "not a url", "ps"]);
    expect(nonsense.code).not.toBe(0);
    expect(nonsense.stderr).toContain("not a url");
  });

  it("keeps nothing of a wrong config or interface, and says the line", async () => {
    const file = join(platform.root, "wrong.txt");
    writeFileSync(file, "[SRPC]\nprocnum=1\nprocnum=many\n");
    const config = await platform.msec(["config", "add", FLIGHT, "v2", file]);
    expect(config).toMatchObject({ code: 2, stderr: expect.stringMatching(/nothing was saved.* 3:\d+ /) });
    writeFileSync(file, "package flight;\nmessage A {\n  required strin name = 1\n}\n");
    const idl = await platform.msec(["idl", "add", FLIGHT, "v2", file]);
    expect(idl).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nothing was saved.* 3:\d+ |nothing was saved.* 4:\d+ /),
    });
    const { versions } = await platform.api("configs.list", { params: flightName });
    expect(versions.map((version) => version.tag)).toEqual(["v1"]);
    expect((await platform.api("idls.list", { params: flightName })).versions).toEqual([]);
  });
});

describe("plug-ins and releases", () => {
  it("refuses what is no plug-in of this service", async () => {
    const file = join(platform.root, "wrong.tgz");
    const upload = () => platform.msec(["plugin", "upload", FLIGHT, "v2", file]);
    writeFileSync(file, "this is a text");
    expect(await upload()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no plug-in archive.*nothing was kept/),
    });
    writeFileSync(file, await archiveOf("export default {};", "Shop.cart"));
    expect(await upload()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("built for Shop.cart, not for Flight.mod_flight"),
    });
    const { versions } = await platform.api("plugins.list", { params: flightName });
    expect(versions.map((version) => version.tag)).toEqual(["v1"]);
  });

  it.each([
    { tag: "syntax", code: "export default {{", text: /SyntaxError/ },
    { tag: "no_init", code: failingInit("no database at db:3306"), text: /no database at db:3306/ },
    { tag: "no_service", code: "export const nothing = 1;", text: /default/ },
  ])("keeps the old release when the new one does not start: $tag", async ({ tag, code, text }) => {
    await uploadFlight(platform, tag, await archiveOf(code));
    const words = ["release", "create", FLIGHT, ...flight.addresses, "--config", "v1", "--plugin", tag];
    const result = await platform.msec(words);
    expect(result.stderr).toMatch(text);
    expect(result.stderr).toMatch(new RegExp(`${flight.addresses[0]}: .*[\\s\\S]*\\[CLI_RELEASE_FAILED\\]`));
    expect(result.code).toBe(9);
    await expectOldReleaseServes();
  });

  it("names the machine whose agent is away, and begins nothing", async () => {
    await platform.agent(machine).stop();
    const words = ["release", "create", FLIGHT, ...flight.addresses, "--config", "v1", "--plugin", "v1"];
    const result = await platform.msec(words);
    expect(result).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(`agent of machine ${machine.name}.* is away`),
    });
    expect(await callFlight()).toMatchObject({ errcode: 0 });
    await platform.startAgent(machine);
    await expectOldReleaseServes();
    const { releaseId } = await beginRelease(platform, flight.addresses);
    expect(await releaseEnd(platform, releaseId)).toMatchObject({ status: "succeeded" });
  });
});
