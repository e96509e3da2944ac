import { AppError } from "@msec/core";
import { describe, expect, it } from "vitest";
import { type ApiClientOptions, createApiClient } from "./client.js";

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A client whose requests are kept and answered by `answer`. */
function client(answer: (sent: Sent) => Response | Promise<Response>, options: Partial<ApiClientOptions> = {}) {
  const sent: Sent[] = [];
  const fetchNow = async (url: string | URL | Request, init: RequestInit = {}) => {
    const one = { url: String(url), init };
    sent.push(one);
    return answer(one);
  };
  return { sent, api: createApiClient({ baseUrl: "http://c:1", fetch: fetchNow, ...options }) };
}

const ok = (body: unknown = {}) => Response.json(body);
const headersOf = (sent: Sent | undefined) => sent?.init.headers as Record<string, string>;

describe("requests", () => {
  it("fill in the path, encoded, and the query without what is undefined", async () => {
    const { sent, api } = client(() => ok());
    await api("machines.get", { params: { machineId: "a/../b?c" } });
    await api("releases.list", { query: { service: "Flight.mod x&y", status: undefined, limit: 3 } as never });
    await api("releases.list", { query: {} });
    await api("machines.list");
    expect(sent.map(({ init, url }) => `${init.method} ${url}`)).toEqual([
      "GET http://c:1/api/v1/machines/a%2F..%2Fb%3Fc",
      "GET http://c:1/api/v1/releases?service=Flight.mod%20x%26y&limit=3",
      "GET http://c:1/api/v1/releases",
      "GET http://c:1/api/v1/machines",
    ]);
    expect(sent[0]?.init.body).toBeUndefined();
    expect(headersOf(sent[0])).toEqual({ "x-msec-client": "1" });
  });

  it("send JSON, or raw bytes for files", async () => {
    const { sent, api } = client(() => ok());
    await api("joinTokens.create", { body: { validForMinutes: 5 } });
    await api("releases.start", { params: { releaseId: "r-1" }, body: {} });
    const bytes = new Uint8Array([1, 2, 3]);
    await api("plugins.upload", { params: { first: "Flight", second: "mod", tag: "v1" }, body: bytes });
    expect(sent.map(({ init }) => init.body)).toEqual(['{"validForMinutes":5}', "{}", bytes]);
    expect(sent.map((one) => headersOf(one)["content-type"])).toEqual([
      "application/json",
      "application/json",
      "application/octet-stream",
    ]);
  });

  it("carry the token of a script; pages send their cookie", async () => {
    const { signal } = new AbortController();
    const { sent, api } = client(() => ok(), { token: "s3cret", signal });
    await api("machines.list");
    expect(headersOf(sent[0]).authorization).toBe("Bearer s3cret");
    expect(sent[0]?.init).toMatchObject({ credentials: "same-origin", signal });
  });
});

describe("answers", () => {
  it("are what the route says", async () => {
    expect(await client(() => ok({ machines: [] })).api("machines.list")).toEqual({ machines: [] });
  });

  it("of failures become the error that the console threw, with the request's id", async () => {
    const details = { releaseId: "r-9" };
    const body = { code: "NOT_FOUND", reason: "REL_NOT_FOUND", message: "no release", details, requestId: "q1" };
    const failing = client(() => Response.json(body, { status: 404 })).api("machines.list");
    await expect(failing).rejects.toBeInstanceOf(AppError);
    await expect(failing).rejects.toMatchObject({
      code: "NOT_FOUND",
      reason: "REL_NOT_FOUND",
      message: "no release",
      details: { releaseId: "r-9", requestId: "q1" },
    });
  });

  it.each([
    ["a page of a proxy", () => new Response("<html>", { status: 502 })],
    ["a number", () => Response.json(7, { status: 502 })],
    ["nothing", () => new Response(null, { status: 502 })],
  ])("of failures that are %s tell at least the status", async (_, answer) => {
    await expect(client(answer).api("machines.list")).rejects.toMatchObject({
      code: "UNKNOWN",
      message: "the console answered 502",
    });
  });

  it("that never come tell where no console answers", async () => {
    const cause = new TypeError("fetch failed");
    const refuse = () => Promise.reject(cause);
    await expect(client(refuse).api("machines.list")).rejects.toMatchObject({
      reason: "CON_UNREACHABLE",
      message: expect.stringContaining("no console answers at http://c:1;"),
      cause,
    });
    await expect(client(refuse, { baseUrl: "" }).api("machines.list")).rejects.toThrow("at this address");
  });
});
