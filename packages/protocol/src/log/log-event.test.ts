import { describe, expect, it } from "vitest";
import { ProtoWriter } from "../protobuf/writer.js";
import { appendLogEvent, decodeLogEvent, encodeLogEvent } from "./log-event.js";
import { LogEventReader } from "./log-event-reader.js";

describe("log events", () => {
  it("are framed as the original client does", () => {
    expect(Buffer.from(encodeLogEvent({ Level: "INFO" }, "hi")).toString("hex")).toBe(
      "13000000" + "0a0d0a054c6576656c1204494e464f" + "12026869",
    );
  });

  it("take headers as map or object, the body as text or bytes", () => {
    const wanted = {
      headers: new Map([
        ["a", "1"],
        ["航", "班"],
      ]),
      body: "文",
    };
    expect(decodeLogEvent(encodeLogEvent(wanted.headers, "文"), 4)).toEqual(wanted);
    expect(decodeLogEvent(encodeLogEvent({ a: "1", 航: "班" }, new TextEncoder().encode("文")), 4)).toEqual(wanted);
  });

  it("have a largest size; the writer is left as it was", () => {
    const writer = new ProtoWriter().byte(1);
    expect(appendLogEvent(writer, {}, "x".repeat(10_237))).toBe(10_244);
    expect(() => appendLogEvent(writer, {}, "x".repeat(10_238))).toThrow("a log event of 10241 bytes exceeds 10240");
    expect(writer.length).toBe(10_245);
  });
});

describe("LogEventReader", () => {
  it("takes another limit", () => {
    const reader = new LogEventReader(5);
    reader.push(encodeLogEvent({}, "abc"));
    expect(reader.next()?.body).toBe("abc");
    reader.push(encodeLogEvent({}, "abcd"));
    expect(() => reader.next()).toThrow("a log frame announces 6 bytes, allowed are up to 5");
  });
});
