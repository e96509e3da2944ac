import { fastify } from "fastify";
import { describe, expect, it } from "vitest";
import { registerRoutes } from "./register-routes.js";
import { mergeHandlers } from "./route-handlers.js";

describe("routes", () => {
  it("must all have a handler, or nothing starts", () => {
    const handlers = { "health.get": () => ({ status: "ok" as const, version: "1.0.0" }) };
    const start = () => registerRoutes(fastify(), handlers, { secureCookie: false });
    expect(start).toThrowError(expect.objectContaining({ reason: "CON_ROUTES_INCOMPLETE" }));
    expect(start).toThrowError(/services\.list/);
    expect(start).not.toThrowError(/health\.get/);
  });

  it("have one handler each", () => {
    const part = { "health.get": () => ({ status: "ok" as const, version: "1.0.0" }) };
    expect(() => mergeHandlers(part, part)).toThrowError(expect.objectContaining({ reason: "CON_ROUTE_SERVED_TWICE" }));
    expect(Object.keys(mergeHandlers(part, {}))).toEqual(["health.get"]);
  });
});
