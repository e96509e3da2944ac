/** What a person does on a page, in terms of what is written there. */
import type { Locator, Page } from "playwright-core";

type Place = Page | Locator;

/** A name as it is read out: icons before the text count, such as the one of a button that was busy. */
const ending = (text: string) => new RegExp(`(^| )${text.replace(/[()]/g, "\\$&")}$`);

export const press = (place: Place, text: string) =>
  place
    .getByRole("button", { name: ending(text) })
    .first()
    .click();

export const follow = (place: Place, text: string) =>
  place
    .getByRole("link", { name: ending(text) })
    .first()
    .click();

export const fill = (place: Place, label: string, text: string) => place.getByLabel(label, { exact: true }).fill(text);

/** Waits until a text can be seen. */
export const see = (place: Place, text: string | RegExp) => place.getByText(text).first().waitFor();

export const seeHeading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { name, level: 1 }).waitFor();

/** The dialog with this title, open. */
export async function openDialog(page: Page, name: string | RegExp): Promise<Locator> {
  const dialog = page.getByRole("dialog", { name });
  await dialog.waitFor();
  return dialog;
}

export async function seeClosed(dialog: Locator): Promise<void> {
  await dialog.waitFor({ state: "hidden" });
}

/** Chooses in a list by typing what is written there. */
export async function choose(place: Place, label: string, text: string): Promise<void> {
  const box = place.getByRole("combobox", { name: label, exact: true });
  await box.click();
  await box.fill(text);
  await box.press("Enter");
}

export const openTab = (page: Page, name: string) => page.getByRole("tab", { name, exact: true }).click();

/** The row of a table with this text. */
export const row = (place: Place, text: string) => place.getByRole("row").filter({ hasText: text }).first();

/** Leads the page to a service by the tree at the left. */
export async function openService(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation").getByRole("link", { name }).first().click();
  await seeHeading(page, name);
}

/** Gives files to what opens when a text is clicked. */
export async function chooseFile(page: Page, place: Place, prompt: string | RegExp, file: string): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await place.getByText(prompt).click();
  await (await chooser).setFiles(file);
}
