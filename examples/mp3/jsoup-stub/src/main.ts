/** `npm start`: the stub on 127.0.0.1:8060 (or the port given), and a web server with what it lists. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startJsoupStub } from "./jsoup-stub.js";

const files = createServer((request, response) => {
  response.setHeader("content-type", "audio/mpeg").end(`the sound of ${request.url}\n`);
});
files.listen(0, "127.0.0.1");
await once(files, "listening");
const base = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
const listOf = (type: string, titles: readonly string[]) =>
  titles.map((title, n) => ({ title, url: `${base}/${type}/${n}.mp3` }));
const stub = await startJsoupStub({
  port: Number(process.argv[2] ?? 8060),
  lists: {
    standard: listOf("standard", ["The Morning News", "A Walk on the Moon"]),
    special: listOf("special", ["Words and Their Stories", "How to Say It"]),
  },
});
process.stdout.write(`Jsoup.jsoup on ${stub.host}:${stub.port}\n`);
