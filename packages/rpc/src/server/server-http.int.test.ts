import { describe, expect, it } from "vitest";
import { RawPeer, type Say, startServer, until } from "./server-fixture.js";

describe("HTTP + JSON", () => {
  const post = (body: string, headers = "", target = "/?methodName=test.Echo.Say"): string =>
    `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;

  async function exchange(text: string, say: Say = (request) => request): Promise<string> {
    const { port } = await startServer(say);
    const peer = new RawPeer(port);
    peer.socket.write(text);
    await until(() => peer.isClosed);
    return peer.text;
  }

  it("answers a good request, as UTF-8", async () => {
    const answer = await exchange(post('{"text":"飞机"}', "Connection: close\r\n"));
    expect(answer).toContain("HTTP/1.1 200 OK\r\n");
    expect(answer).toContain('{"ret":0, "errmsg":"", "resultObj": {"text":"飞机"}}');
  });

  it("answers pipelined requests in order", async () => {
    const say: Say = async (request) => {
      if (request.text === "one") await new Promise((resolve) => setTimeout(resolve, 20));
      return request;
    };
    const answer = await exchange(
      post('{"text":"one"}') + post('{"text":"two"}') + post('{"text":"three"}', "Connection: close\r\n"),
      say,
    );
    expect(answer.match(/"text":"\w+"/g)).toEqual(['"text":"one"', '"text":"two"', '"text":"three"']);
  });

  it.each([
    { name: "unknown method", text: post("{}", "Connection: close\r\n", "/?methodName=test.Echo.None"), ret: -6 },
    { name: "no method", text: post("{}", "Connection: close\r\n", "/"), ret: -3 },
    { name: "no JSON", text: post("{", "Connection: close\r\n"), ret: -3 },
    { name: "unknown key", text: post('{"text":"a","more":1}', "Connection: close\r\n"), ret: -3 },
    { name: "missing field", text: post("{}", "Connection: close\r\n"), ret: -8 },
    { name: "not HTTP", text: "POST\r\n\r\n", ret: -3 },
    { name: "a path that GET does not serve", text: "GET /list HTTP/1.1\r\nConnection: close\r\n\r\n", ret: -3 },
    { name: "state of the instance", text: "GET / HTTP/1.0\r\n\r\n", ret: 0 },
  ])("ret $ret for $name", async ({ text, ret }) => {
    const answer = await exchange(text);
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({ ret });
  });

  it("answers HEAD without a body", async () => {
    const answer = await exchange("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer.endsWith("\r\n\r\n")).toBe(true);
  });
});
