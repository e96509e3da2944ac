/** The recordings as VOA_ts.Crawl lists them. */
import type { ServiceContext } from "@msec/sdk";
import { CrawlService, type OneMP3 } from "./gen/crawl.js";
import { Refusal } from "./outcome.js";

const CRAWL_TIMEOUT_MS = 20_000;

/** All of a type, in the order of the list. A name is all that is needed to call: which instance answers is found per call. */
export async function listRecordings(type: string, ctx: ServiceContext): Promise<OneMP3[]> {
  const crawl = ctx.config.get("MP3", "crawl") ?? "VOA_ts.Crawl";
  const method = CrawlService.methods.GetMP3List;
  const { mp3s, status, msg } = await ctx.call(method, crawl, { type }, { timeoutMs: CRAWL_TIMEOUT_MS });
  if (status !== 0) throw new Refusal(msg);
  return mp3s;
}

/** The one with exactly this title. @throws {Refusal} there is none */
export async function findRecording(type: string, title: string, ctx: ServiceContext): Promise<OneMP3> {
  const found = (await listRecordings(type, ctx)).find((recording) => recording.title === title);
  if (!found) throw new Refusal("there is no recording with this title");
  return found;
}
