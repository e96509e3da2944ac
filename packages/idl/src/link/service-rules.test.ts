import { isAppError } from "@msec/core";
import { describe, expect, it } from "vitest";
import { parseProto } from "../parse-proto.js";
import { sampleIdl } from "../sample-idl.js";
import { checkServiceIdl } from "./service-rules.js";

const options = "option cc_generic_services = true; option java_generic_services = true;";

function check(text: string): string[] {
  return checkServiceIdl(parseProto(text).model).map(({ line, severity, rule }) => `${line} ${severity} ${rule}`);
}

describe("checkServiceIdl", () => {
  it.each([
    { name: "complete", text: `${options} package p; message A {} service S { rpc M(A) returns (A); }`, want: [] },
    {
      name: "no package",
      text: `${options} message A {} service S { rpc M(A) returns (A); }`,
      want: ["1 error IDL_PACKAGE_MISSING"],
    },
    { name: "no service", text: `${options} package p;`, want: ["1 error IDL_SERVICE_MISSING"] },
    { name: "no method", text: `${options} package p;\nservice S {}`, want: ["2 error IDL_SERVICE_EMPTY"] },
    {
      name: "two services",
      text: `${options} package p; message A {}\nservice S { rpc M(A) returns (A); }\nservice T { rpc M(A) returns (A); }`,
      want: ["3 warning IDL_SERVICE_SEVERAL"],
    },
    {
      name: "no generic services",
      text: "option java_generic_services = false; package p; message A {} service S { rpc M(A) returns (A); }",
      want: ["1 note IDL_GENERIC_SERVICES", "1 note IDL_GENERIC_SERVICES"],
    },
    {
      name: "nothing",
      text: "",
      want: [
        "1 error IDL_PACKAGE_MISSING",
        "1 error IDL_SERVICE_MISSING",
        "1 note IDL_GENERIC_SERVICES",
        "1 note IDL_GENERIC_SERVICES",
      ],
    },
  ])("$name", ({ text, want }) => {
    expect(check(text)).toEqual(want);
  });
});

describe("sampleIdl", () => {
  it("is a complete and valid IDL of a service", () => {
    const { model, warnings } = parseProto(sampleIdl("Flight", "mod_flight"));
    expect(warnings).toEqual([]);
    expect(checkServiceIdl(model)).toEqual([]);
    expect(model.packageName).toBe("flight");
    expect(model.services.map(({ fullName }) => fullName)).toEqual(["flight.ModFlightService"]);
  });

  it("is valid for names that are words of the language", () => {
    expect(parseProto(sampleIdl("message", "package")).warnings).toEqual([]);
  });

  it("refuses what is no service name", () => {
    expect(() => sampleIdl("a b", "c")).toThrow(expect.toSatisfy(isAppError));
  });
});
