/** A person's way from the first link to a service in traffic and back, through the pages alone. */
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPlugin, openProject } from "@msec/cli";
import { freePort, TestScope, waitUntil } from "@msec/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  choose,
  chooseFile,
  fill,
  follow,
  openDialog,
  openService,
  openTab,
  press,
  row,
  see,
  seeClosed,
  seeHeading,
} from "./browser-actions.js";
import { MACHINES, PagesPlatform } from "./browser-platform.js";
import { type BrowserSession, missingBrowser, openBrowser } from "./browser-session.js";
import { BrowserTraffic } from "./browser-traffic.js";
import { exampleDirectory } from "./msec-cli.js";

const ACCOUNT = { name: "anna", password: "correct-horse-battery" };
const [first, second] = MACHINES;
const scope = new TestScope();
const proto = readFileSync(join(exampleDirectory("flight"), "flight.proto"), "utf8");
const pictures = process.env.MSEC_PICTURES;

let platform: PagesPlatform;
let archive = "";
let notes = "";
let session: BrowserSession;
let traffic: BrowserTraffic;
let setupLink = "";
let base = "";
let port = 0;
let failed = "";

const missing = missingBrowser();

describe.skipIf(missing !== undefined)(missing ? `pages (${missing})` : "pages", () => {
  beforeAll(async () => {
    platform = new PagesPlatform(scope);
    archive = join(platform.root, "flight.tgz");
    notes = join(platform.root, "notes.tgz");
    writeFileSync(notes, "these are only my notes\n");
    const [link] = await Promise.all([
      platform.startConsole(),
      buildPlugin(openProject(exampleDirectory("flight")), archive),
    ]);
    setupLink = link;
    base = new URL(link).origin;
    port = await freePort(MACHINES.map((machine) => machine.address));
    session = await openBrowser(scope);
    traffic = new BrowserTraffic(platform.homeOf(first));
    scope.add(() => traffic.stop());
  });
  afterAll(() => scope.close());
  beforeEach(() => {
    if (failed !== "") throw new Error(`not tried, since an earlier step failed: ${failed}`);
  });
  afterEach(async (context) => {
    const { name, result } = context.task;
    const file = name.replace(/\W+/g, "-").slice(0, 60);
    if (pictures) await session.takePicture(pictures, file);
    if (result?.state !== "fail" || failed !== "") return;
    failed = name;
    const picture = await session.takePicture(tmpdir(), `msec-failed-${file}`);
    throw new Error(`a picture of the page is in ${picture}; ${session.problems.join("; ")}`);
  });

  it("set-up: the printed link makes the first account and asks for the first machine", async () => {
    const { page } = session;
    await page.goto(setupLink);
    await seeHeading(page, "Welcome to msec");
    await fill(page, "Name", ACCOUNT.name);
    await fill(page, "Password", "short");
    await press(page, "Create account");
    await see(page, "8 to 128 characters");
    await fill(page, "Password", ACCOUNT.password);
    await press(page, "Create account");
    await seeHeading(page, "Add your first machine");
    await see(page, "Waiting for the machine…");
  });

  it("machines: both join with a line of the page, which notices them", async () => {
    const { page } = session;
    await platform.startAgent(first, await readJoinToken());
    await see(page, `${first.name} has joined (${first.address})`);
    await press(page, "Continue");
    await seeHeading(page, "Machines");
    await press(page, "Add machine");
    const dialog = await openDialog(page, "Add machine");
    await platform.startAgent(second, await readJoinToken());
    await see(dialog, `${second.name} has joined (${second.address})`);
    await press(dialog, "Close");
    await seeClosed(dialog);
    for (const machine of MACHINES) await see(row(page, machine.address), "Online");
    await follow(page, second.name);
    await seeHeading(page, second.name);
    await see(page, "No service here");
  });

  it("sessions: signing out ends it, a wrong password is refused, the right one leads back", async () => {
    const { page } = session;
    await press(page, "Account");
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await seeHeading(page, "Sign in");
    await page.goto(`${base}/machines`);
    await seeHeading(page, "Sign in");
    await signIn("wrong-horse-battery");
    await see(page.getByRole("alert"), "That did not work");
    await signIn(ACCOUNT.password);
    await seeHeading(page, "Machines");
  });

  it("services: a bad name is refused with words, a good one opens its page", async () => {
    const { page } = session;
    await follow(page, "Services");
    await press(page.getByRole("main"), "Add service");
    const dialog = await openDialog(page, "Add service");
    await press(dialog, "Add group");
    const group = await openDialog(page, "Add group");
    await fill(group, "First level (group)", "9 lives");
    await press(group, "Add group");
    await see(group, "A letter first, then letters, digits or underscores");
    await fill(group, "First level (group)", "Flight");
    await press(group, "Add group");
    await seeClosed(group);
    await fill(dialog, "Second level (service)", "mod_flight");
    await fill(dialog, "Port", String(port));
    await press(dialog, "Add service");
    await seeHeading(page, "mod_flight");
    await see(page, `port ${port}`);
  });

  it("instances: both machines are added, out of traffic", async () => {
    const { page } = session;
    await page.getByRole("main").getByRole("button", { name: "Add instances" }).first().click();
    const dialog = await openDialog(page, "Add instances");
    await choose(dialog, "Machines", first.address);
    await choose(dialog, "Machines", second.address);
    await press(dialog, "Add instances");
    await seeClosed(dialog);
    for (const machine of MACHINES) await see(row(page, machine.address), "Out of traffic");
    await see(page, "0 of 2 in traffic");
  });

  it("config: the sample becomes version v1", async () => {
    const { page } = session;
    await openTab(page, "Config");
    await press(page, "New config");
    await press(page, "Insert sample");
    await see(page, "No problems found");
    await fill(page, "Tag", "v1");
    await press(page, "Save as new version");
    await page.getByRole("list", { name: "Versions" }).getByText("v1").waitFor();
    await see(page, /^listen\b/m);
  });

  it("interface: problems are told with their line while typing, a sound text becomes v1", async () => {
    const { page } = session;
    await openTab(page, "Interface");
    await press(page, "New interface");
    const text = page.getByRole("textbox", { name: "New interface" });
    await text.fill("package flight;\n\nmessage broken {");
    await page
      .getByRole("button", { name: /Error 3:\d+ .+/ })
      .first()
      .waitFor();
    expect(await page.getByRole("button", { name: "Save as new version" }).isDisabled()).toBe(true);
    await text.fill(proto);
    await see(page, "No problems found");
    await fill(page, "Tag", "v1");
    await press(page, "Save as new version");
    await see(page.getByRole("main"), /rpc queryFlight/);
    await press(page, "Edit as new version");
    await text.fill(proto.replace("errmsg = 2", "message = 2"));
    await fill(page, "Tag", "v1");
    await press(page, "Save as new version");
    await see(page.getByRole("alert"), "That did not work");
    await press(page, "Close");
  });

  it("plug-ins: what is no archive is refused with words, what msec build made is taken", async () => {
    const { page } = session;
    await openTab(page, "Plug-ins");
    await see(page, "No plug-in yet");
    await page.getByRole("main").getByRole("button", { name: "Upload plug-in" }).last().click();
    const dialog = await openDialog(page, "Upload plug-in");
    await chooseFile(page, dialog, /^Drop the \.tgz/, notes);
    await fill(dialog, "Tag", "v1");
    await press(dialog, "Upload plug-in");
    await see(dialog, "this is no plug-in archive");
    await chooseFile(page, dialog, "notes.tgz", archive);
    await press(dialog, "Upload plug-in");
    await seeClosed(dialog);
    await see(row(page, "v1"), ACCOUNT.name);
  });

  it("release: steps are shown live on each machine, and after reloading in the middle and at the end", async () => {
    const { page } = session;
    await follow(page, "New release");
    await seeHeading(page, "Release mod_flight");
    await see(page, "2 machines, one after the other; a failure stops the release.");
    await page.getByPlaceholder("What is in it and why (140 characters)").fill("first flight");
    await press(page, "Release");
    await page.waitForURL(/\/releases\/r-\d+$/);
    await see(page, "Running");
    await page.getByText("unpack").filter({ visible: true }).first().waitFor();
    await page.reload();
    await see(page, /on [01] of 2 machines/);
    await see(page, "Succeeded");
    await seeReleased();
    await page.reload();
    await seeReleased();
  });

  it("traffic: the confirmation says what expanding does, then calls arrive", async () => {
    const { page } = session;
    await openService(page, "mod_flight");
    await openTab(page, "Instances");
    for (const machine of MACHINES) await see(row(page, machine.address), "Ready, no traffic");
    await page.getByRole("checkbox", { name: "Select all" }).check();
    await press(page, "Expand (2)");
    const dialog = await openDialog(page, "Put 2 instances into traffic");
    await see(dialog, "In traffic afterwards: 2 instances.");
    await press(dialog, "Put into traffic");
    await see(page, /2 instances in traffic · 2 of 2 agents have it/);
    await see(page, "2 of 2 in traffic");
    traffic.start();
    await waitUntil("calls", () => traffic.succeeded > 200, 20_000);
    expect(traffic.failures).toEqual([]);
  });

  it("routes: whom calls of a machine go to and why, live, and as another machine sees it", async () => {
    const { page } = session;
    await openTab(page, "Routes");
    await choose(page, "Seen from", first.name);
    for (const machine of MACHINES) {
      await see(row(page, machine.address), "In use");
      await see(row(page, machine.address), /in use: 100 % ok/);
    }
    await see(page, /Policy adaptive · 2 instances/);
    await see(page, /One pick now: .*127\.0\.0\.\d+:\d+/);
    await choose(page, "Seen from", second.name);
    for (const machine of MACHINES) await see(row(page, machine.address), "Not called yet");
  });

  it("overview: calls, latency and callers of the service", async () => {
    const { page } = session;
    await openTab(page, "Overview");
    const calls = page.getByRole("figure", { name: "Calls and failures per second" });
    await waitUntil(
      "the curve of calls",
      async () =>
        Number(await calls.getByRole("row", { name: "Calls per second" }).getByRole("cell").last().textContent()) > 5,
      15_000,
    );
    await see(page, /[\d.]+ calls\/s/);
    await see(page.getByRole("img", { name: "Callers and callees" }), "test.browser");
    await page.goto(base);
    await seeHeading(page, "Overview");
    await see(row(page, "Flight.mod_flight"), "Well");
  });

  it("metrics: the service's own attributes are there to be drawn", async () => {
    const { page } = session;
    await follow(page, "Metrics");
    await choose(page, "Service", "Flight.mod_flight");
    await page.getByRole("checkbox", { name: "usr.query.answered" }).check();
    await page.getByRole("figure", { name: /^usr\.query\.answered/ }).waitFor();
    await page.getByRole("checkbox", { name: "frm.rpc requests", exact: true }).waitFor();
  });

  it("logs: a record is found by service and text, its request shows verdict, graph and lines", async () => {
    const { page } = session;
    await follow(page, "Logs");
    await choose(page, "Service", "Flight.mod_flight");
    await fill(page, "Text in the line", "flight for sz-xz");
    await page.getByLabel("Text in the line").press("Enter");
    const lines = page.getByRole("region", { name: "Log lines" });
    await lines
      .getByRole("button", { name: /INFO.*found a flight for sz-xz/ })
      .first()
      .click();
    await press(page.getByRole("dialog", { name: "Log record" }), "Open request");
    await seeHeading(page, /^Request \d+/);
    await see(page.getByRole("alert"), /Flight\.mod_flight \S+queryFlight answered in/);
    await see(page.getByRole("img", { name: "Call graph" }), "Flight.mod_flight");
    await see(page.getByRole("region", { name: "Log lines" }), "found a flight for sz-xz");
    await page.getByRole("list", { name: "Where the time went" }).getByText("queryFlight").first().waitFor();
  });

  it("faults: a killed instance tells why in words, and runs again; no call fails", async () => {
    const { page } = session;
    await openService(page, "mod_flight");
    await openTab(page, "Instances");
    const victim = row(page, second.address);
    await see(victim, "Well");
    const why = victim.getByText(/ejected .+ ago: .+|ended by SIGKILL/).first();
    const isTold = () =>
      why.waitFor({ timeout: 5_000 }).then(
        () => true,
        () => false,
      );
    // One crash can be over before the page asks again; each further one keeps the instance down for longer.
    await waitUntil("the reason", () => platform.killService(second) && isTold(), 30_000);
    await see(victim, /\d restarts?/);
    await see(victim, "Well");
    expect(traffic.failures).toEqual([]);
  });

  it("shrinking: the last instances ask for the name; undone meanwhile, another tab is refused", async () => {
    const { page } = session;
    await traffic.stop();
    await page.getByRole("checkbox", { name: "Select all" }).check();
    await press(page, "Shrink (2)");
    const dialog = await openDialog(page, "Take 2 instances out of traffic");
    const go = dialog.getByRole("button", { name: "Take out of traffic" });
    await see(dialog, "In traffic afterwards: 0 instances.");
    expect(await go.isDisabled()).toBe(true);
    await fill(dialog, "Type mod_flight to confirm", "mod_flight");
    await go.click();
    await see(page, "0 of 2 in traffic");
    const other = await page.context().newPage();
    await other.goto(page.url());
    await press(other, "Remove service");
    const remove = await openDialog(other, "Remove Flight.mod_flight");
    await fill(remove, "Type mod_flight to confirm", "mod_flight");
    await press(page, "Undo");
    await see(page, "Undone");
    await press(remove, "Remove service");
    await see(remove, "CON_SERVICE_IN_TRAFFIC");
    await other.close();
    await see(page, "2 of 2 in traffic");
    await press(page, "Close");
  });

  it("frame: Chinese, dark theme, command palette, unknown addresses", async () => {
    const { page } = session;
    await press(page, "Switch language to Chinese");
    await see(page, "2/2 在流量中");
    await openTab(page, "实例");
    await press(page, "切换为英文");
    await press(page, "Dark theme");
    await waitUntil("a dark page", async () => (await brightness()) < 60, 5_000);
    await page.goto(`${base}/nothing/here`);
    await see(page, "There is no page /nothing/here");
    expect(await brightness()).toBeLessThan(60);
    await press(page, "Light theme");
    await page.keyboard.press("Control+k");
    await page.getByRole("textbox", { name: /^Service, machine, instance/ }).fill("mod_fl");
    await page.keyboard.press("Enter");
    await seeHeading(page, "mod_flight");
  });

  it("nothing went wrong in the pages but what was asked for", () => {
    expect(session.problems).toEqual([]);
    expect([...new Set(session.refusals)].sort()).toEqual([
      "DELETE /api/v1/services/Flight/mod_flight 412",
      "GET /api/v1/sessions/current 401",
      "POST /api/v1/services/Flight/mod_flight/idls 409",
      "POST /api/v1/sessions 401",
      "PUT /api/v1/services/Flight/mod_flight/plugins/v1 400",
    ]);
  });
});

async function signIn(password: string): Promise<void> {
  const { page } = session;
  await fill(page, "Name", ACCOUNT.name);
  await fill(page, "Password", password);
  await press(page, "Sign in");
}

/** Out of the line that the page gives to paste. */
async function readJoinToken(): Promise<string> {
  const line = await session.page.getByText(/^msec agent .*--join-token /).textContent();
  return line?.split("--join-token ")[1] ?? "";
}

async function seeReleased(): Promise<void> {
  const { page } = session;
  await see(page, "on 2 of 2 machines");
  for (const machine of MACHINES) {
    const target = page.getByRole("group").filter({ hasText: machine.address });
    await see(target, "Done");
    await target.getByText(machine.address).first().click();
    await see(target.getByRole("list"), "healthy");
  }
}

/** Of the page behind its content: 0 black, 255 white. */
async function brightness(): Promise<number> {
  const colour = await session.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  return Math.max(...(colour.match(/\d+/g) ?? ["255"]).slice(0, 3).map(Number));
}
