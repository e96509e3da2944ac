import { defineService } from "@msec/sdk";
import { downloadFile } from "./download.js";
import { MainLogicService } from "./gen/main-logic.js";
import { type Outcome, outcomeOf } from "./outcome.js";
import { RecordingTable, readTableSettings } from "./recording-table.js";
import { findRecording, listRecordings } from "./recordings.js";

let table: RecordingTable | undefined;

/** VOA_ts.MainLogic. Whatever fails behind it is status 100 with the reason in `msg`; the call itself succeeds. */
export default defineService(MainLogicService, {
  getTitles: ({ type }, ctx): Promise<Outcome<{ titles?: string[] }>> =>
    outcomeOf(ctx, "GetTitles", async () => {
      const recordings = await listRecordings(type, ctx);
      await table?.replaceAll(recordings, ctx.remainingMs());
      return { titles: recordings.map(({ title }) => title) };
    }),

  getUrlByTitle: ({ type, title }, ctx): Promise<Outcome<{ url?: string }>> =>
    outcomeOf(ctx, "GetUrlByTitle", async () => ({ url: (await findRecording(type, title, ctx)).url })),

  downloadMP3: ({ type, title }, ctx): Promise<Outcome<{ file_len?: number; file_content?: Uint8Array }>> =>
    outcomeOf(ctx, "DownloadMP3", async () => {
      const { url } = await findRecording(type, title, ctx);
      const content = await downloadFile(url, ctx.signal);
      return { file_len: content.length, file_content: content };
    }),

  init(config) {
    table = new RecordingTable(readTableSettings(config));
  },

  fini: () => table?.close(),
});
