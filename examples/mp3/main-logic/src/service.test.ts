/** MainLogic between a caller and a Crawl that the test makes up. What needs a database or names is shown in tests/e2e/mp3.test.ts. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, defineService, type RunningService, runService } from "@msec/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CrawlService } from "./gen/crawl.js";
import { MainLogicService } from "./gen/main-logic.js";
import definition from "./service.js";

/** Far more than it takes: these tests are not about time. */
const SLOW = { timeoutMs: 10_000 };
const LISTEN = "[SRPC]\nlisten=127.0.0.1:0/tcp\n";
const { GetTitles, GetUrlByTitle, DownloadMP3 } = MainLogicService.methods;
const client = connect({ caller: "test" });
const files = createServer((request, response) => {
  if (request.url === "/big") response.end(Buffer.alloc(9 << 20));
  else if (request.url === "/there") response.end("sound");
  else response.writeHead(404).end();
});
let crawl: RunningService;
let mainLogic: RunningService;
let target = "";

const targetOf = (service: RunningService) => service.addresses[0]?.replace("/", "@") ?? "";
const urlOf = (path: string) => `http://127.0.0.1:${(files.address() as AddressInfo).port}/${path}`;

const crawlDefinition = defineService(CrawlService, {
  getMP3List({ type }) {
    if (type === "broken") throw new Error("secret of the Crawl");
    if (type !== "special") return { status: 100, msg: "type invalid" };
    const mp3s = ["there", "gone", "big"].map((title) => ({ title, url: urlOf(title) }));
    return { mp3s: [...mp3s, { title: "local", url: "file:///etc/passwd" }], status: 0, msg: "success" };
  },
});

beforeAll(async () => {
  await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
  crawl = await runService(crawlDefinition, { service: "VOA_ts.Crawl", config: LISTEN });
  const config = `${LISTEN}[MP3]\ncrawl=${targetOf(crawl)}\n`;
  mainLogic = await runService(definition, { service: "VOA_ts.MainLogic", config });
  target = targetOf(mainLogic);
});
afterAll(async () => {
  client.close();
  await mainLogic.stop();
  await crawl.stop();
  files.closeAllConnections();
  files.close();
});

describe("GetUrlByTitle", () => {
  test.each([
    { type: "special", title: "gone", want: { status: 0, msg: "success", url: expect.stringMatching(/\/gone$/) } },
    { type: "special", title: "gon", want: { status: 100, msg: "there is no recording with this title" } },
    { type: "special", title: "GONE", want: { status: 100, msg: "there is no recording with this title" } },
    { type: "other", title: "gone", want: { status: 100, msg: "type invalid" } },
    { type: "broken", title: "gone", want: { status: 100, msg: expect.not.stringContaining("secret") } },
  ])("$type $title", async ({ type, title, want }) => {
    expect(await client.call(GetUrlByTitle, target, { type, title }, SLOW)).toEqual(want);
  });
});

describe("DownloadMP3", () => {
  test.each([
    { title: "there", want: { status: 0, msg: "success", file_len: 5, file_content: Buffer.from("sound") } },
    { title: "gone", want: { status: 100, msg: "the recording's server answers 404" } },
    { title: "big", want: { status: 100, msg: "the recording is larger than 8388608 B" } },
    { title: "local", want: { status: 100, msg: "the recording is not on the web" } },
  ])("$title", async ({ title, want }) => {
    const { file_content, ...rest } = await client.call(DownloadMP3, target, { type: "special", title }, SLOW);
    expect({ ...rest, ...(file_content && { file_content: Buffer.from(file_content) }) }).toEqual(want);
  });
});

test("GetTitles says that it knows no database, and the call itself succeeds", async () => {
  const { status, msg, titles } = await client.call(GetTitles, target, { type: "special" }, SLOW);
  expect({ status, titles }).toEqual({ status: 100, titles: [] });
  expect(msg).toContain("Database.mysql");
});
