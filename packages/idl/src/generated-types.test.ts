/** Types of generated code, seen by a service author. */
import type { InitOf, MessageOf, MessageType, MethodType, ServiceType } from "@msec/protocol";
import { describe, expect, expectTypeOf, it } from "vitest";
import { CrawlService, type GetMP3ListResponse, type GetMP3ListResponseInit } from "./testdata/gen/crawl.gen.js";
import { FlightService, type queryFlightRequest, type queryFlightResponse } from "./testdata/gen/flight.gen.js";

/** What `ctx.call` looks like. */
type Call = <M extends MethodType>(
  method: M,
  service: string,
  request: InitOf<M["input"]>,
) => Promise<MessageOf<M["output"]>>;
/** What a service implements, derived from the service const alone. */
type Handlers<S extends ServiceType> = {
  [K in keyof S["methods"]]: (
    request: MessageOf<S["methods"][K]["input"]>,
  ) => Promise<InitOf<S["methods"][K]["output"]>>;
};

const call: Call = () => Promise.reject(new Error("types only"));

describe("generated types", () => {
  it("carry the IDL's names", () => {
    expect(FlightService.typeName).toBe("flight.flight_service");
    expect(FlightService.methods.queryFlight.fullName).toBe("flight.flight_service.queryFlight");
    expectTypeOf(FlightService).toExtend<ServiceType>();
  });

  it("type the request and the response of a call", async () => {
    const request = { name: "bison", password: "123456", departureCity: "sz", destinationCity: "xz" };
    const answer = call(FlightService.methods.queryFlight, "Flight.mod_flight", request);
    expectTypeOf(answer).resolves.toEqualTypeOf<queryFlightResponse>();
    await expect(answer).rejects.toThrow("types only");
  });

  it("refuse a missing, a wrong and an unknown field", () => {
    type Request = InitOf<typeof FlightService.methods.queryFlight.input>;
    expectTypeOf<{ name: string }>().not.toExtend<Request>();
    expectTypeOf<Omit<Request, "name"> & { name: number }>().not.toExtend<Request>();
    expectTypeOf<keyof Request>().toEqualTypeOf<"name" | "password" | "departureCity" | "destinationCity">();
    expectTypeOf<keyof typeof FlightService.methods>().toEqualTypeOf<"queryFlight">();
  });

  it("derive the handlers of a service", () => {
    type Flight = Handlers<typeof FlightService>;
    expectTypeOf<Parameters<Flight["queryFlight"]>[0]>().toEqualTypeOf<queryFlightRequest>();
    type Crawl = Handlers<typeof CrawlService>;
    expectTypeOf<ReturnType<Crawl["GetMP3List"]>>().resolves.toEqualTypeOf<GetMP3ListResponseInit>();
    const handlers: Crawl = { GetMP3List: async ({ type }) => ({ status: 0, msg: type }) };
    expect(Object.keys(handlers)).toEqual(Object.keys(CrawlService.methods));
  });

  it("let a message that was read be written", () => {
    expectTypeOf<GetMP3ListResponse>().toExtend<GetMP3ListResponseInit>();
    expectTypeOf(CrawlService.methods.GetMP3List.output).toEqualTypeOf<
      MessageType<GetMP3ListResponse, GetMP3ListResponseInit>
    >();
  });
});
