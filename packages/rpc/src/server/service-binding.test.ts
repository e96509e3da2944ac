import type { MessageType, ServiceType } from "@msec/protocol";
import { describe, expect, expectTypeOf, it } from "vitest";
import { bindMethods, bindService } from "./service-binding.js";

interface Ask {
  n: number;
}
interface Told {
  text: string;
}
const AskType = { typeName: "t.Ask" } as MessageType<Ask, { n?: number }>;
const ToldType = { typeName: "t.Told" } as MessageType<Told, Told>;
const Service = {
  typeName: "t.Service",
  methods: {
    GetIt: { name: "GetIt", fullName: "t.Service.GetIt", input: AskType, output: ToldType, isIdempotent: false },
    putIt: { name: "putIt", fullName: "t.Service.putIt", input: AskType, output: ToldType, isIdempotent: false },
  },
} as const satisfies ServiceType;

describe("bindService", () => {
  it("types requests and answers from the service, under names with a lower-case first letter", () => {
    const binding = bindService(Service, {
      getIt: (request) => {
        expectTypeOf(request).toEqualTypeOf<Ask>();
        return { text: String(request.n) };
      },
      putIt: async (_request, ctx) => {
        expectTypeOf(ctx.requestId).toEqualTypeOf<string>();
        return { text: "" };
      },
    });
    expect([...bindMethods([binding]).keys()]).toEqual(["t.Service.GetIt", "t.Service.putIt", "t.Service.getIt"]);
    // @ts-expect-error a method is missing
    bindService(Service, { getIt: () => ({ text: "" }) });
    // @ts-expect-error the answer lacks its field
    bindService(Service, { getIt: () => ({}), putIt: () => ({ text: "" }) });
  });

  it("accepts handlers named exactly as in the IDL and keeps their `this`", () => {
    class Handlers {
      readonly suffix = "!";
      GetIt(): Told {
        return { text: this.suffix };
      }
      putIt(): Told {
        return { text: "" };
      }
    }
    const methods = bindMethods([{ type: Service, handlers: new Handlers() as never }]);
    expect(methods.get("t.Service.GetIt")!.handler({}, {} as never)).toEqual({ text: "!" });
  });

  it("lets Java peers write the method with a lower-case first letter, but never instead of one that is called so", () => {
    const Both = {
      typeName: "t.Both",
      methods: {
        GetIt: { name: "GetIt", fullName: "t.Both.GetIt", input: AskType, output: ToldType, isIdempotent: false },
        getIt: { name: "getIt", fullName: "t.Both.getIt", input: AskType, output: ToldType, isIdempotent: false },
      },
    } as const satisfies ServiceType;
    const one = bindMethods([bindService(Service, { getIt: () => ({ text: "" }), putIt: () => ({ text: "" }) })]);
    expect(one.get("t.Service.getIt")).toBe(one.get("t.Service.GetIt"));
    const both = bindMethods([{ type: Both, handlers: { getIt: () => ({ text: "" }) } }]);
    expect(both.get("t.Both.getIt")?.type.name).toBe("getIt");
  });

  it("names the handler that is missing and the method that comes twice", () => {
    expect(() => bindMethods([{ type: Service, handlers: {} }])).toThrow(/t\.Service\.GetIt/);
    const twice = bindService(Service, { getIt: () => ({ text: "" }), putIt: () => ({ text: "" }) });
    expect(() => bindMethods([twice, twice])).toThrow(expect.objectContaining({ reason: "RPC_METHOD_DUPLICATE" }));
  });
});
