import { expect, it } from "vitest";
import { formatMessage } from "./format-message.js";
import { en } from "./messages-en.js";
import { zh } from "./messages-zh.js";

const holes = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map((match) => match[1]))].sort();
const texts = Object.entries(en) as [keyof typeof en, string][];

it("has each key in one file of a language only", () => {
  const files = Object.entries(import.meta.glob<Record<string, object>>("./*-messages-*.ts", { eager: true }));
  const count = (language: string) =>
    files
      .filter(([file]) => file.endsWith(`-${language}.ts`))
      .flatMap(([, module]) => Object.values(module).flatMap(Object.keys)).length;
  expect([count("en"), count("zh")]).toEqual([Object.keys(en).length, Object.keys(zh).length]);
});

it("has the same keys in both languages, sorted alike", () => {
  expect(Object.keys(zh)).toEqual(Object.keys(en));
});

it("has the same holes in both languages", () => {
  const different = texts.filter(([key, text]) => String(holes(zh[key])) !== String(holes(text))).map(([key]) => key);
  expect(different).toEqual([]);
});

it("leaves no text empty and no bracket open", () => {
  for (const text of [...Object.values(en), ...Object.values(zh)]) {
    expect(text.trim()).not.toBe("");
    expect(text.split("{")).toHaveLength(text.split("}").length);
  }
});

it("chooses the word by the number", () => {
  const say = (n: number | string) => formatMessage("{n} {n:instance|instances} of {all}", { n, all: 9 });
  expect([say(0), say(1), say(2), say("1,000")]).toEqual([
    "0 instances of 9",
    "1 instance of 9",
    "2 instances of 9",
    "1,000 instances of 9",
  ]);
  expect(formatMessage("{gone}!")).toBe("!");
});
