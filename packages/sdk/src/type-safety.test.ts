/** What must not compile. Each `@ts-expect-error` is checked by `tsc -p tsconfig.tests.json`; none of the functions is run. */
import { describe, expect, expectTypeOf, it } from "vitest";
import { connect } from "./connect.js";
import { defineService, type ServiceApp, type ServiceContext } from "./define-service.js";
import { type BookResponse, FlightService, type QueryFlightResponse } from "./flight-fixture.gen.js";
import type { ExchangeProtocol, MessageType, MethodType } from "./index.js";
import { runService } from "./run-service.js";
import { createTestCluster } from "./testing/index.js";

const { Book, QueryFlight } = FlightService.methods;
const book = () => ({ booking_id: 1n });
const queryFlight = () => ({ number: "CZ3456" });
const definition = defineService(FlightService, { book, queryFlight });

// biome-ignore lint/complexity/noBannedTypes: as generated for `message Nothing {}`
type Nothing = {};
interface NothingInit {
  readonly [field: string]: never;
}

/** For code that is compiled only. */
const compile = (_code: unknown): void => undefined;

describe("handlers", () => {
  it("have the types of the IDL", () => {
    defineService(FlightService, {
      book(request, ctx) {
        expectTypeOf(request.number).toEqualTypeOf<string>();
        expectTypeOf(ctx).toEqualTypeOf<ServiceContext>();
        // @ts-expect-error the request has no such field
        request.flight;
        return { booking_id: 1n };
      },
      queryFlight,
      init(config, app) {
        expectTypeOf(config.get("A", "b")).toEqualTypeOf<string | undefined>();
        expectTypeOf(app).toEqualTypeOf<ServiceApp>();
      },
      loop: () => 5_000,
    });
    // @ts-expect-error `book` is missing
    compile(() => defineService(FlightService, { queryFlight }));
    // @ts-expect-error the hook gives a text
    compile(() => defineService(FlightService, { book, queryFlight, loop: () => "soon" }));
    // @ts-expect-error another type of answer
    compile(() => defineService(FlightService, { queryFlight, book: () => ({ booking_id: 1 }) }));
    const odd = () => ({ number: "CZ", legs: [{ from: 1, to: "PEK" }] });
    // @ts-expect-error another type inside of the answer
    compile(() => defineService(FlightService, { book, queryFlight: odd }));
    // @ts-expect-error no answer
    compile(() => defineService(FlightService, { book, queryFlight: async () => undefined }));
    // @ts-expect-error an answer that may be none
    compile(() => defineService(FlightService, { book, queryFlight: (): { number: string } | undefined => undefined }));
  });

  it("answer with fields of the IDL only, however deep", () => {
    const legs = [{ from: "SZX", to: "PEK", gate: 4 }];
    const answer = { number: "CZ" };
    // @ts-expect-error a leg has no such field
    compile(() => defineService(FlightService, { book, queryFlight: () => ({ ...answer, legs }) }));
    // @ts-expect-error a leg has no such field, asynchronous
    compile(() => defineService(FlightService, { book, queryFlight: async () => ({ ...answer, legs }) }));
    // @ts-expect-error a leg has no such field, one of several services
    compile(() => defineService([FlightService], { book, queryFlight: () => ({ ...answer, legs }) }));
    const either = (isLong: boolean) => (isLong ? { ...answer, txt: "late" } : answer);
    // @ts-expect-error one of the possible answers has a field too many
    compile(() => defineService(FlightService, { book, queryFlight: (request) => either(request.detailed === true) }));
    const right = [{ from: "SZX", to: "PEK" }];
    defineService(FlightService, { book, queryFlight: () => ({ ...answer, legs: right, text: undefined }) });
    defineService(FlightService, { book, queryFlight: () => Promise.reject(new Error("no flights today")) });
  });

  it("may be those of an instance with a state, but not misspelt", () => {
    class Flights {
      readonly booking_id = 3n;
      readonly queryFlight = queryFlight;
      book() {
        return { booking_id: this.booking_id };
      }
    }
    class Misspelt extends Flights {
      inti() {
        return undefined;
      }
    }
    expect(defineService(FlightService, new Flights()).services).toHaveLength(1);
    // @ts-expect-error no hook is called `inti`
    compile(() => defineService(FlightService, new Misspelt()));
  });

  it("log and count with values of the right type", () => {
    compile((ctx: ServiceContext) => {
      ctx.log.info("asked", { flight: "CZ", seat: 2, id: 1n, isVip: true });
      // @ts-expect-error no such level
      ctx.log.warning("asked");
      // @ts-expect-error a field is no object
      ctx.log.info("asked", { flight: { number: "CZ" } });
      // @ts-expect-error a count is a number
      ctx.metrics.add("asked", "1");
      // @ts-expect-error priorities are numbers
      ctx.priority = "high";
      // @ts-expect-error not to be changed
      ctx.requestId = "1";
    });
  });
});

describe("calls", () => {
  it("take and give what the IDL says", () => {
    compile(async (ctx: ServiceContext) => {
      const answer = await ctx.call(QueryFlight, "Flight.query", { number: "CZ" }, { timeoutMs: 200 });
      expectTypeOf(answer).toEqualTypeOf<QueryFlightResponse>();
      // @ts-expect-error a field is missing
      await ctx.call(QueryFlight, "Flight.query", {});
      // @ts-expect-error no such field
      await ctx.call(QueryFlight, "Flight.query", { number: "CZ", day: 1 });
      // @ts-expect-error another type
      await ctx.call(QueryFlight, "Flight.query", { number: 1 });
      // @ts-expect-error the answer of another method
      const wrong: BookResponse = await ctx.call(QueryFlight, "Flight.query", { number: "CZ" });
      // @ts-expect-error no such field in the answer
      answer.gate;
      // @ts-expect-error no such method
      await ctx.call(FlightService.methods.Cancel, "Flight.query", { number: "CZ" });
      // @ts-expect-error a method by name is what callMethod is for
      await ctx.call("flight.FlightService.QueryFlight", "Flight.query", { number: "CZ" });
      return wrong;
    });
  });

  it("give nothing to an empty message", () => {
    type Ask = MethodType<MessageType<Nothing, NothingInit>, typeof QueryFlight.output>;
    compile(async (ctx: ServiceContext, ask: Ask, nothing: Nothing) => {
      await ctx.call(ask, "Flight.query", {});
      await ctx.call(ask, "Flight.query", nothing);
      // @ts-expect-error the message has no fields
      await ctx.call(ask, "Flight.query", { number: "CZ" });
    });
  });

  it("take options of the right type only", () => {
    compile(async (ctx: ServiceContext) => {
      const request = { number: "CZ" };
      await ctx.call(QueryFlight, "Flight.query", request, { priority: 100, hedge: { afterMs: "p95" } });
      // @ts-expect-error priorities are numbers
      await ctx.call(QueryFlight, "Flight.query", request, { priority: "high" });
      // @ts-expect-error no such quantile
      await ctx.call(QueryFlight, "Flight.query", request, { hedge: { afterMs: "p50" } });
      // @ts-expect-error no such option
      await ctx.call(QueryFlight, "Flight.query", request, { timeout: 200 });
      // @ts-expect-error ms are a number
      await ctx.call(QueryFlight, "Flight.query", request, { timeoutMs: "200" });
    });
  });

  it("by stub have the methods of the service", () => {
    compile(async (app: ServiceApp) => {
      const flights = app.stub(FlightService, "Flight.query");
      expectTypeOf(await flights.queryFlight({ number: "CZ" })).toEqualTypeOf<QueryFlightResponse>();
      // @ts-expect-error no such method
      await flights.cancel({ number: "CZ" });
      // @ts-expect-error the first letter is small
      await flights.QueryFlight({ number: "CZ" });
      // @ts-expect-error a field is missing
      await flights.queryFlight({});
      // @ts-expect-error not a service
      app.stub(Book, "Flight.query");
    });
  });

  it("in another protocol have its types", () => {
    compile(async (ctx: ServiceContext, protocol: ExchangeProtocol<{ readonly url: string }, string[]>) => {
      expectTypeOf(await ctx.exchange("Web.jsoup", protocol, { url: "/" })).toEqualTypeOf<string[]>();
      // @ts-expect-error the protocol has other requests
      await ctx.exchange("Web.jsoup", protocol, { path: "/" });
      // @ts-expect-error the protocol gives other answers
      const text: string = await ctx.exchange("Web.jsoup", protocol, { url: "/" });
      // @ts-expect-error encode is missing
      await ctx.exchange("Web.jsoup", { name: "x", decode: () => "", frameLength: () => 0 }, {});
      return text;
    });
  });

  it("refuse a target that can be none, where it is written out", () => {
    compile(async (ctx: ServiceContext, host: string, port: number) => {
      const ask = { number: "CZ" };
      await ctx.call(QueryFlight, "Flight.query_2", ask);
      await ctx.call(QueryFlight, "10.0.0.5:7963", ask);
      await ctx.call(QueryFlight, "10.0.0.5:7963@udp", ask);
      await ctx.call(QueryFlight, "[fd00::5]:7963@tls", ask);
      await ctx.call(QueryFlight, host, ask);
      await ctx.call(QueryFlight, `${host}@tcp`, ask);
      await ctx.call(QueryFlight, `${host}:${port}`, ask);
      await ctx.call(QueryFlight, process.env.FLIGHTS ?? "Flight.query", ask);
      await ctx.call(QueryFlight, host === "" ? "Flight.query" : "Flight.other", ask);
      // @ts-expect-error one level
      await ctx.call(QueryFlight, "Flight", ask);
      // @ts-expect-error three levels
      await ctx.call(QueryFlight, "Flight.query.all", ask);
      // @ts-expect-error nothing
      await ctx.call(QueryFlight, "", ask);
      // @ts-expect-error no name begins with a digit
      await ctx.call(QueryFlight, "Flight.2query", ask);
      // @ts-expect-error a name has at least two characters
      await ctx.call(QueryFlight, "Flight.q", ask);
      // @ts-expect-error a dash
      await ctx.call(QueryFlight, "Flight.mod-query", ask);
      // @ts-expect-error a space
      await ctx.call(QueryFlight, "Flight.query ", ask);
      // @ts-expect-error a name has no transport
      await ctx.call(QueryFlight, "Flight.query@tcp", ask);
      // @ts-expect-error an address is no name of a host
      await ctx.call(QueryFlight, "localhost:7963@tcp", ask);
      // @ts-expect-error no such transport
      await ctx.call(QueryFlight, "10.0.0.5:7963@http", ask);
      // @ts-expect-error no port
      await ctx.call(QueryFlight, "10.0.0.5", ask);
      // @ts-expect-error one of two
      await ctx.call(QueryFlight, host === "" ? "Flight.query" : "Flight", ask);
      // @ts-expect-error by stub
      ctx.stub(FlightService, "Flight");
      // @ts-expect-error by name of the method
      await ctx.callMethod("Flight", "flight.FlightService.QueryFlight", ask);
      // @ts-expect-error with bytes
      await ctx.callRaw("Flight", "flight.FlightService.QueryFlight", new Uint8Array());
    });
    compile(async (ctx: ServiceContext, protocol: ExchangeProtocol<string, string>) => {
      // @ts-expect-error in another protocol
      await ctx.exchange("Jsoup", protocol, "");
      // @ts-expect-error of a client
      await connect({ caller: "Ops.script" }).call(QueryFlight, "Flight", { number: "CZ" });
    });
  });

  it("need a caller's name outside of services", () => {
    // @ts-expect-error `caller` is missing
    compile(() => connect({}));
    // @ts-expect-error the service's name is missing
    compile(() => runService(definition, {}));
    // @ts-expect-error not made by defineService
    compile(() => runService({ book, queryFlight }, { service: "Flight.query" }));
  });
});

describe("test clusters", () => {
  it("know their services", () => {
    compile(async () => {
      const cluster = await createTestCluster({
        services: [
          { service: "Flight.query", definition, instances: 2 },
          { service: "Flight.book", definition },
        ],
      });
      expectTypeOf(await cluster.call(Book, "Flight.book", { number: "CZ", seats: 1 })).toEqualTypeOf<BookResponse>();
      await cluster.call(QueryFlight, `${cluster.instance("Flight.query", 1).address}@tcp`, { number: "CZ" });
      // @ts-expect-error no such service in the cluster
      await cluster.call(QueryFlight, "Flight.other", { number: "CZ" });
      // @ts-expect-error no such field
      await cluster.call(QueryFlight, "Flight.query", { day: 1 });
      // @ts-expect-error no such service in the cluster
      cluster.fault("Flight.other", {}, { kind: "hang" });
      // @ts-expect-error no such fault
      cluster.fault("Flight.query", {}, { kind: "explode" });
      // @ts-expect-error how long?
      cluster.fault("Flight.query", {}, { kind: "delay" });
      // @ts-expect-error an instance is a number
      cluster.fault("Flight.query", { instance: "first" }, { kind: "hang" });
      // @ts-expect-error no such caller in the cluster
      cluster.fault("Flight.query", { from: "Flight.other" }, { kind: "loss" });
      // @ts-expect-error a slow link without a speed
      cluster.fault("Flight.query", {}, { kind: "slow" });
      // @ts-expect-error no such service in the cluster
      await cluster.kill("Flight.other");
      // @ts-expect-error no such field in the answer
      (await cluster.stub(FlightService, "Flight.query").queryFlight({ number: "CZ" })).gate;
    });
    // @ts-expect-error not made by defineService
    compile(() => createTestCluster({ services: [{ service: "Flight.query", definition: { book, queryFlight } }] }));
    // @ts-expect-error no such clock
    compile(() => createTestCluster({ services: [], clock: "fast" }));
  });
});
