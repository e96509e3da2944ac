import { defineService, isAppError } from "@msec/sdk";
import { CrawlService } from "./gen/crawl.js";
import { askJsoup, JsoupRefused } from "./jsoup.js";

const TYPES = new Set(["standard", "special"]);
const FAILED = 100;

/** VOA_ts.Crawl. Its list comes from Jsoup.jsoup, a program that knows nothing of msec. */
export default defineService(CrawlService, {
  async getMP3List({ type }, ctx) {
    ctx.metrics.add("GetMP3List_entry");
    if (!TYPES.has(type)) {
      ctx.metrics.add("GetMP3List_EXIT_FAIL");
      return { status: FAILED, msg: `type invalid: one of ${[...TYPES].join(", ")}` };
    }
    try {
      const mp3s = await askJsoup(type, ctx);
      ctx.metrics.add("GetMP3List_EXIT_SUC");
      return { mp3s, status: 0, msg: "success" };
    } catch (error) {
      ctx.metrics.add("GetMP3List_EXIT_FAIL");
      const text = error instanceof Error ? error.message : String(error);
      ctx.log.error(`Jsoup.jsoup: ${text}`);
      return { status: FAILED, msg: error instanceof JsoupRefused || isAppError(error) ? text : "GetMP3List failed" };
    }
  },
});
