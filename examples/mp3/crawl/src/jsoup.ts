/**
 * Jsoup.jsoup, asked in its own protocol over TCP:
 *
 *   0                                                  10
 *   | length of the JSON: decimal, left-aligned, spaces | JSON, UTF-8 |
 *
 * Request `{"handleClass":"com.bison.GetMP3List","requestBody":{"type":"special"}}`, answer `{"status":0,"mp3s":[{"title":…,"url":…}]}`.
 */
import type { ExchangeProtocol, ServiceContext } from "@msec/sdk";
import type { OneMP3 } from "./gen/crawl.js";

const JSOUP = "Jsoup.jsoup";
const TIMEOUT_MS = 20_000;
const PREFIX_BYTES = 10;
const PREFIX = /^\d{1,9} *$/;

/**
 * What the framework has to know of the protocol. Names, balancing, connections, deadlines and reports are the same as for services.
 * Answers carry no number, so there is no `sequenceOf`: a connection serves one call at a time.
 */
export const jsoupProtocol: ExchangeProtocol<unknown, unknown> = {
  name: "jsoup.GetMP3List",
  transport: "tcp",

  encode(_sequence, message, writer) {
    const json = Buffer.from(JSON.stringify(message));
    writer.raw(Buffer.from(String(json.length).padEnd(PREFIX_BYTES)));
    writer.raw(json);
  },

  // The framework holds the largest size, so that nobody can make it wait for gigabytes.
  frameLength(bytes, start, end) {
    if (end - start < PREFIX_BYTES) return 0;
    const prefix = Buffer.from(bytes.subarray(start, start + PREFIX_BYTES)).toString("latin1");
    return PREFIX.test(prefix) ? PREFIX_BYTES + Number(prefix) : -1;
  },

  decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes.subarray(PREFIX_BYTES))),
};

/** Jsoup answered, but with no list. */
export class JsoupRefused extends Error {}

/** The recordings of a type. Nothing changes at Jsoup, so another instance may be asked when one fails. */
export async function askJsoup(type: string, ctx: Pick<ServiceContext, "exchange">, at = JSOUP): Promise<OneMP3[]> {
  const message = { handleClass: "com.bison.GetMP3List", requestBody: { type } };
  const options = { timeoutMs: TIMEOUT_MS, idempotent: true };
  const answer = (await ctx.exchange(at, jsoupProtocol, message, options)) as {
    status?: unknown;
    mp3s?: unknown;
  } | null;
  if (answer?.status !== 0) throw new JsoupRefused(`Jsoup answers status ${String(answer?.status)}`);
  if (!Array.isArray(answer.mp3s)) throw new JsoupRefused("the answer of Jsoup has no list");
  return answer.mp3s.map((mp3: Partial<OneMP3> | null) => ({ title: String(mp3?.title), url: String(mp3?.url) }));
}
