import { describe, expect, it } from "vitest";
import { formatHttpReply, httpStatusOf } from "./http-reply.js";
import { HttpRequestParser, looksLikeHttp } from "./http-request-parser.js";

const utf8 = new TextEncoder();

describe("looksLikeHttp", () => {
  it.each([
    ["POST /", true],
    ["G", true],
    ["(", false],
    ["post", false],
    ["", false],
    ["\u0016\u0003\u0001", false],
  ])("%j: %s", (text, want) => {
    expect(looksLikeHttp(utf8.encode(text))).toBe(want);
  });
});

describe("HttpRequestParser", () => {
  const post = "POST /a.B.C HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";

  it("asks once for a continue, and not when the body is there already", () => {
    const parser = new HttpRequestParser({ maxBodyBytes: 10 });
    parser.push(utf8.encode(post));
    expect(parser.next()).toBeUndefined();
    expect(parser.takeContinue()).toBe(true);
    expect(parser.takeContinue()).toBe(false);
    parser.push(utf8.encode(`{}${post}{}`));
    expect(parser.next()?.head.methodName).toBe("a.B.C");
    expect(parser.next()?.head.methodName).toBe("a.B.C");
    expect(parser.takeContinue()).toBe(false);
  });

  it("keeps targets and headers for who wants them; repeated headers are joined", () => {
    const parser = new HttpRequestParser({ maxBodyBytes: 10 });
    parser.push(utf8.encode("GET /x?a&b=1 HTTP/1.1\r\nX-A: 1\r\nx-a:  2 \r\n\r\n"));
    const request = parser.next();
    expect(request?.head.target).toBe("/x?a&b=1");
    expect(request?.head.headers).toEqual(new Map([["x-a", "1, 2"]]));
  });

  it("gives bodies of their own, not views of its buffer", () => {
    const parser = new HttpRequestParser({ maxBodyBytes: 10 });
    parser.push(utf8.encode("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"));
    const first = parser.next();
    parser.push(utf8.encode("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nxy"));
    parser.next();
    expect(first?.body).toEqual(utf8.encode("ab"));
  });

  it("reads a head that differs from the one before in one character, and one that comes again", () => {
    const parser = new HttpRequestParser({ maxBodyBytes: 10 });
    const request = (caller: string, body: string): string =>
      `POST /a.B HTTP/1.1\r\nCaller: ${caller}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    parser.push(utf8.encode(request("a", "1") + request("b", "2") + request("b", "3") + request("b", "45")));
    const read = Array.from({ length: 4 }, () => parser.next());
    expect(read.map((each) => [each?.head.caller, new TextDecoder().decode(each?.body)])).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["b", "3"],
      ["b", "45"],
    ]);
  });

  it("takes another head limit", () => {
    const parser = new HttpRequestParser({ maxBodyBytes: 10, maxHeadBytes: 20 });
    parser.push(utf8.encode("GET /123456789012345 HTTP/1.1\r\n\r\n"));
    expect(() => parser.next()).toThrow("request line and headers exceed 20 bytes");
  });

  it("parses a large body that comes in small pieces in linear time", () => {
    const sizeBytes = 2_000_000;
    const parser = new HttpRequestParser({ maxBodyBytes: sizeBytes });
    parser.push(utf8.encode(`POST / HTTP/1.1\r\nContent-Length: ${sizeBytes}\r\n\r\n`));
    const piece = new Uint8Array(100);
    let request = parser.next();
    for (let sent = 0; sent < sizeBytes; sent += piece.length) {
      parser.push(piece);
      request = parser.next();
    }
    expect(request?.body).toHaveLength(sizeBytes);
  });

  it("keeps its place in a head that arrives behind another request", () => {
    const parser = new HttpRequestParser({ maxBodyBytes: 10 });
    const text = "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab";
    parser.push(utf8.encode(text + text.slice(0, 30)));
    expect(parser.next()).toBeDefined();
    expect(parser.next()).toBeUndefined();
    parser.push(utf8.encode(text.slice(30, 37)));
    expect(parser.next()).toBeUndefined();
    parser.push(utf8.encode(text.slice(37)));
    expect(parser.next()?.body).toEqual(utf8.encode("ab"));
  });
});

describe("replies", () => {
  it.each([
    [0, 200],
    [-6, 501],
    [-106, 429],
    [-10, 504],
    [-3, 400],
    [-18, 500],
    [12345, 500],
  ])("ret %i is HTTP status %i for who asks", (ret, status) => {
    expect(httpStatusOf(ret)).toBe(status);
  });

  it("tells HEAD the length without the body, and closes on demand", () => {
    const text = new TextDecoder().decode(
      formatHttpReply(
        { ret: 0, errmsg: "", resultJson: "{}", headOnly: true },
        { status: 200, keepAlive: false, isHttp10: false },
      ),
    );
    expect(text).toBe(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: 39\r\nConnection: close\r\n\r\n",
    );
  });
});
