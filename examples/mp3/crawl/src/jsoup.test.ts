/** The protocol against the stub and against programs that speak something else. */
import { createServer } from "node:net";
import { startJsoupStub } from "@msec/example-mp3-jsoup-stub";
import { connect } from "@msec/sdk";
import { expect, onTestFinished, test } from "vitest";
import { askJsoup, jsoupProtocol } from "./jsoup.js";

const special = [{ title: "学英语", url: "http://127.0.0.1/1.mp3" }];

function clientOfTest() {
  const client = connect({ caller: "test" });
  onTestFinished(() => client.close());
  return client;
}

/** A server that answers whatever comes with these pieces. */
async function serverThatSays(...pieces: readonly string[]): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      for (const piece of pieces) socket.write(piece);
    });
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as { port: number }).port}@tcp`;
}

test("lists what Jsoup lists, many calls at once", async () => {
  const stub = await startJsoupStub({ lists: { special, standard: [] } });
  onTestFinished(() => stub.close());
  const client = clientOfTest();
  const ask = (type: string) => askJsoup(type, client, `127.0.0.1:${stub.port}@tcp`);
  const lists = await Promise.all([ask("special"), ask("standard"), ask("special")]);
  expect(lists).toEqual([special, [], special]);
  await expect(ask("other")).rejects.toThrow("Jsoup answers status 1");
  expect(stub.answered).toBe(4);
});

test.each([
  { what: "no length", says: ["HTTP/1.1 400 Bad Request\r\n"], error: /jsoup\.GetMP3List/ },
  { what: "more than may be buffered", says: ["999999999 {"], error: /999999999|1000000009/ },
  { what: "no JSON", says: ["3         {}}"], error: /JSON/ },
  { what: "no list", says: ['12        {"status":0}'], error: /no list/ },
])("refuses $what", async ({ says, error }) => {
  await expect(askJsoup("special", clientOfTest(), await serverThatSays(...says))).rejects.toThrow(error);
});

test("knows the length of an answer that comes in pieces, wherever it stands", () => {
  const bytes = new TextEncoder().encode('##12        {"status":0}');
  expect(jsoupProtocol.frameLength(bytes, 2, 11)).toBe(0);
  expect(jsoupProtocol.frameLength(bytes, 2, 12)).toBe(22);
  expect(jsoupProtocol.frameLength(bytes, 0, 12)).toBe(-1);
});
