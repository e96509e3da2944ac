import { expect, it } from "vitest";
import { fill, openDialog, press, see, seeClosed } from "./browser-actions.js";
import type { BrowserScenario } from "./browser-scenario.js";

const COUNT = 6;
const SERVICES = ["orders", "users"] as const;
const addresses = Array.from({ length: COUNT }, (_, at) => `10.30.0.${at + 1}:3306`);

/** Names that somebody else takes away: held back, kept, let through. */
export function heldSteps(scene: BrowserScenario): void {
  const shrink = (second: string) =>
    scene.callApi("POST", `services/Databases/${second}/capacity`, {
      action: "shrink",
      addresses: addresses.slice(1),
    });

  it("held names: what a program takes away is held back, and kept at once", async () => {
    const { page } = scene.session;
    await scene.callApi("POST", "groups", { name: "Databases", kind: "external" });
    for (const second of SERVICES) {
      await scene.callApi("POST", "services", { first: "Databases", second });
      await scene.callApi("POST", `services/Databases/${second}/instances`, { addresses });
      await scene.callApi("POST", `services/Databases/${second}/capacity`, { action: "expand", addresses });
    }
    for (const second of SERVICES) await shrink(second);
    await page.reload(); // the page would notice by itself within 5 s
    const banner = page.getByRole("region", { name: "Names that are held back" });
    await see(banner, "2 changes of names look like an accident and are held back");
    await see(banner, "it would fall from 6 instances to 1");
    await press(banner, "Keep all 2");
    const dialog = await openDialog(page, "Keep the instances of 2 services");
    await see(dialog, "Databases.orders, Databases.users");
    await page.keyboard.press("Enter"); // the safe way has the focus
    await seeClosed(dialog);
    await see(page, "Kept: 2 services stay as machines know them");
    await banner.waitFor({ state: "hidden" });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
  });

  it("held names: letting a change through says what callers lose, and asks for the name", async () => {
    const { page } = scene.session;
    await shrink("orders");
    await page.reload();
    const banner = page.getByRole("region", { name: "Names that are held back" });
    await see(banner, "1 change of names looks like an accident and is held back");
    await press(banner, "Let through…");
    const dialog = await openDialog(page, "Let the change of Databases.orders through");
    await see(dialog, "all machines call 1 instance of Databases.orders instead of 6");
    const go = dialog.getByRole("button", { name: "Let through" });
    expect(await go.isDisabled()).toBe(true);
    await fill(dialog, "Type Databases.orders to confirm", "Databases.orders");
    await go.click();
    await seeClosed(dialog);
    await see(page, "1 change is let through");
    await banner.waitFor({ state: "hidden" });
  });
}
