import type { HealthTable } from "@msec/balancer";
import * as balancer from "@msec/balancer";
import type { CallOutcome } from "@msec/rpc";
import { LIVE_FIELD, type LiveTable } from "@msec/shm";
import { describe, expect, expectTypeOf, it } from "vitest";
import { defineService, isServiceDefinition, type ServiceContext } from "./define-service.js";
import {
  type BookResponse,
  FlightService,
  type QueryFlightRequest,
  type QueryFlightResponse,
} from "./flight-fixture.gen.js";
import type { MethodType, ServiceType } from "./index.js";

const InitService = {
  typeName: "odd.InitService",
  methods: { Init: FlightService.methods.Book },
} as const satisfies ServiceType;

describe("defineService", () => {
  it("types requests, answers and context from the generated service", () => {
    const definition = defineService(FlightService, {
      async queryFlight(request, ctx) {
        expectTypeOf(request).toEqualTypeOf<QueryFlightRequest>();
        expectTypeOf(ctx).toEqualTypeOf<ServiceContext>();
        const answer = await ctx.call(FlightService.methods.Book, "Flight.book", { number: request.number });
        expectTypeOf(answer).toEqualTypeOf<BookResponse>();
        return { number: request.number, legs: [{ from: "SZX", to: "PEK" }] };
      },
      book: (request) => ({ booking_id: BigInt(request.seats ?? 1) }),
      init(config) {
        expectTypeOf(config.get("LOG", "Level")).toEqualTypeOf<string | undefined>();
      },
      loop: async () => 500,
    });
    expect(isServiceDefinition(definition)).toBe(true);
    expect(Object.keys(definition.hooks)).toEqual(["init", "loop"]);
    expect(definition.services.map(({ type }) => type.typeName)).toEqual(["flight.FlightService"]);
    expectTypeOf<QueryFlightResponse["legs"][number]["departs_at_ms"]>().toEqualTypeOf<bigint | undefined>();
  });

  it("refuses mistakes at compile time", () => {
    const book = () => ({ booking_id: 1n });
    const queryFlight = () => ({ number: "CZ3456" });
    // @ts-expect-error a method is missing
    defineService(FlightService, { book });
    // @ts-expect-error the service has no such method
    defineService(FlightService, { book, queryFlight, cancel: () => ({}) });
    // @ts-expect-error a required field of the answer is missing
    defineService(FlightService, { book, queryFlight: () => ({}) });
    // @ts-expect-error a field of the answer has another type
    defineService(FlightService, { queryFlight, book: async () => ({ booking_id: "1" }) });
    // @ts-expect-error the answer has no such field
    defineService(FlightService, { book, queryFlight: () => ({ number: "CZ3456", txt: "late" }) });
    // @ts-expect-error the answer has no such field, asynchronous
    defineService(FlightService, { book, queryFlight: async () => ({ number: "CZ3456", txt: "late" }) });
    // @ts-expect-error the request has no such field
    defineService(FlightService, { queryFlight, book: (request) => ({ booking_id: BigInt(request.seat) }) });
    defineService(FlightService, {
      queryFlight,
      async book(_request, ctx) {
        // @ts-expect-error the callee's request has no such field
        await ctx.call(FlightService.methods.Book, "Flight.book", { number: "CZ3456", seat: 2 });
        return { booking_id: 1n };
      },
    });
    expectTypeOf(FlightService.methods.Book).toExtend<MethodType>();
  });

  it("keeps `this` of the object in hooks and takes hooks apart when a method has their name", () => {
    const seen: string[] = [];
    const impl = { name: "own", book: () => ({ booking_id: 1n }) };
    const definition = defineService([InitService], { init: impl.book }, { init: () => void seen.push("hook") });
    void definition.hooks.init?.({ get: () => undefined }, undefined as never);
    expect(seen).toEqual(["hook"]);
    expect(defineService([InitService], { init: impl.book }).hooks).toEqual({});
  });

  it("takes several services in one object", () => {
    const Other = {
      typeName: "flight.Other",
      methods: { Ask: FlightService.methods.QueryFlight },
    } as const satisfies ServiceType;
    const definition = defineService([FlightService, Other], {
      queryFlight: (request) => ({ number: request.number }),
      book: () => ({ booking_id: 1n }),
      ask: async (request) => ({ number: request.number }),
    });
    expect(definition.services.map(({ type }) => type.typeName)).toEqual(["flight.FlightService", "flight.Other"]);
    // @ts-expect-error the answer has no such field
    defineService([Other], { ask: async () => ({ number: "CZ3456", txt: "late" }) });
  });

  it.each([undefined, {}, () => undefined, null])("does not take %s for a service", (value) => {
    expect(isServiceDefinition(value)).toBe(false);
  });
});

describe("contracts between packages that do not know each other", () => {
  it("shm's table is a balancer's table, and outcomes have one set of names", () => {
    expectTypeOf<LiveTable>().toExtend<HealthTable>();
    expectTypeOf<CallOutcome>().toEqualTypeOf<balancer.CallOutcome>();
    expect(LIVE_FIELD).toEqual(balancer.HEALTH_FIELD);
  });
});
