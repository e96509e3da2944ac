import { expect, it } from "vitest";
import {
  choose,
  chooseFile,
  fill,
  follow,
  openDialog,
  openTab,
  press,
  row,
  see,
  seeClosed,
  seeHeading,
} from "./browser-actions.js";
import { MACHINES } from "./browser-platform.js";
import { ACCOUNT, type BrowserScenario, flightProto } from "./browser-scenario.js";

const [first, second] = MACHINES;

/** From the first link to a release on both machines. */
export function shippingSteps(scene: BrowserScenario): void {
  it("set-up: the printed link makes the first account and asks for the first machine", async () => {
    const { page } = scene.session;
    await page.goto(scene.setupLink);
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
    const { page } = scene.session;
    await scene.platform.startAgent(first, await scene.readJoinToken());
    await see(page, `${first.name} has joined (${first.address})`);
    await press(page, "Continue");
    await seeHeading(page, "Machines");
    await press(page, "Add machine");
    const dialog = await openDialog(page, "Add machine");
    await scene.platform.startAgent(second, await scene.readJoinToken());
    await see(dialog, `${second.name} has joined (${second.address})`);
    await press(dialog, "Close");
    await seeClosed(dialog);
    for (const machine of MACHINES) await see(row(page, machine.address), "Online");
    await follow(page, second.name);
    await seeHeading(page, second.name);
    await see(page, "No service here");
  });

  it("sessions: signing out ends it, a wrong password is refused, the right one leads back", async () => {
    const { page } = scene.session;
    await press(page, "Account");
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await seeHeading(page, "Sign in");
    await page.goto(`${scene.base}/machines`);
    await seeHeading(page, "Sign in");
    await scene.signIn("wrong-horse-battery");
    await see(page.getByRole("alert"), "That did not work");
    await scene.signIn(ACCOUNT.password);
    await seeHeading(page, "Machines");
  });

  it("services: a bad name is refused with words, a good one opens its page", async () => {
    const { page } = scene.session;
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
    await fill(dialog, "Port", String(scene.port));
    await press(dialog, "Add service");
    await seeHeading(page, "mod_flight");
    await see(page, `port ${scene.port}`);
  });

  it("instances: both machines are added, out of traffic", async () => {
    const { page } = scene.session;
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
    const { page } = scene.session;
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
    const { page } = scene.session;
    await openTab(page, "Interface");
    await press(page, "New interface");
    const text = page.getByRole("textbox", { name: "New interface" });
    await text.fill("package flight;\n\nmessage broken {");
    await page
      .getByRole("button", { name: /Error 3:\d+ .+/ })
      .first()
      .waitFor();
    expect(await page.getByRole("button", { name: "Save as new version" }).isDisabled()).toBe(true);
    await text.fill(flightProto);
    await see(page, "No problems found");
    await fill(page, "Tag", "v1");
    await press(page, "Save as new version");
    await see(page.getByRole("main"), /rpc queryFlight/);
    await press(page, "Edit as new version");
    await text.fill(flightProto.replace("errmsg = 2", "message = 2"));
    await fill(page, "Tag", "v1");
    await press(page, "Save as new version");
    await see(page.getByRole("alert"), "That did not work");
    await press(page, "Close");
  });

  it("plug-ins: what is no archive is refused with words, what msec build made is taken", async () => {
    const { page } = scene.session;
    await openTab(page, "Plug-ins");
    await see(page, "No plug-in yet");
    await page.getByRole("main").getByRole("button", { name: "Upload plug-in" }).last().click();
    const dialog = await openDialog(page, "Upload plug-in");
    await chooseFile(page, dialog, /^Drop the \.tgz/, scene.notes);
    await fill(dialog, "Tag", "v1");
    await press(dialog, "Upload plug-in");
    await see(dialog, "this is no plug-in archive");
    await chooseFile(page, dialog, "notes.tgz", scene.archive);
    await press(dialog, "Upload plug-in");
    await seeClosed(dialog);
    await see(row(page, "v1"), ACCOUNT.name);
  });

  it("release: steps are shown live on each machine, and after reloading in the middle and at the end", async () => {
    const { page } = scene.session;
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
    await scene.seeReleased();
    await page.reload();
    await scene.seeReleased();
  });
}
