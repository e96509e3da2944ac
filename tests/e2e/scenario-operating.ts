import { waitUntil } from "@msec/testkit";
import { expect, it } from "vitest";
import {
  choose,
  fill,
  follow,
  openDialog,
  openService,
  openTab,
  press,
  row,
  see,
  seeHeading,
} from "./browser-actions.js";
import { MACHINES } from "./browser-platform.js";
import type { BrowserScenario } from "./browser-scenario.js";

const [first, second] = MACHINES;

/** A service in traffic: watched, broken, taken out and put back. */
export function operatingSteps(scene: BrowserScenario): void {
  it("traffic: the confirmation says what expanding does, then calls arrive", async () => {
    const { page } = scene.session;
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
    scene.traffic.start();
    await waitUntil("calls", () => scene.traffic.succeeded > 200, 20_000);
    expect(scene.traffic.failures).toEqual([]);
  });

  it("routes: whom calls of a machine go to and why, live, and as another machine sees it", async () => {
    const { page } = scene.session;
    await openTab(page, "Routes");
    await choose(page, "Seen from", first.name);
    for (const machine of MACHINES) {
      await see(row(page, machine.address), "In use");
      await see(row(page, machine.address), /in use: 100 % ok/);
    }
    await see(page, /Policy adaptive · 2 instances/);
    await see(page, /One pick now: .*127\.0\.0\.\d+:\d+/);
    await press(page, "Switch language to Chinese");
    await see(page, /此刻一次选路：.*(代价|轮到它)/);
    await see(row(page, first.address), /使用中：成功率 100 %/);
    await press(page, "切换为英文");
    await choose(page, "Seen from", second.name);
    for (const machine of MACHINES) await see(row(page, machine.address), "Not called yet");
  });

  it("overview: calls, latency and callers of the service", async () => {
    const { page } = scene.session;
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
    await page.goto(scene.base);
    await seeHeading(page, "Overview");
    await see(row(page, "Flight.mod_flight"), "Well");
  });

  it("metrics: the service's own attributes are there to be drawn", async () => {
    const { page } = scene.session;
    await follow(page, "Metrics");
    await choose(page, "Service", "Flight.mod_flight");
    await page.getByRole("checkbox", { name: "usr.query.answered" }).check();
    await page.getByRole("figure", { name: /^usr\.query\.answered/ }).waitFor();
    await page.getByRole("checkbox", { name: "frm.rpc requests", exact: true }).waitFor();
  });

  it("logs: a record is found by service and text, its request shows verdict, graph and lines", async () => {
    const { page } = scene.session;
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
    const { page } = scene.session;
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
    await waitUntil("the reason", () => scene.platform.killService(second) && isTold(), 30_000);
    await see(victim, /\d restarts?/);
    await see(victim, "Well");
    expect(scene.traffic.failures).toEqual([]);
  });

  it("shrinking: the last instances ask for the name; undone meanwhile, another tab is refused", async () => {
    const { page } = scene.session;
    await scene.traffic.stop();
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
    const { page } = scene.session;
    await press(page, "Switch language to Chinese");
    await see(page, "2/2 在流量中");
    await openTab(page, "实例");
    await press(page, "切换为英文");
    await press(page, "Dark theme");
    await waitUntil("a dark page", async () => (await scene.brightness()) < 60, 5_000);
    await page.goto(`${scene.base}/nothing/here`);
    await see(page, "There is no page /nothing/here");
    expect(await scene.brightness()).toBeLessThan(60);
    await press(page, "Light theme");
    await page.keyboard.press("Control+k");
    await page.getByRole("textbox", { name: /^Service, machine, instance/ }).fill("mod_fl");
    await page.keyboard.press("Enter");
    await seeHeading(page, "mod_flight");
  });
}
