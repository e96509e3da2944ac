import { parseName } from "@msec/core";
import { upperCamel } from "./generate/generated-names.js";

/**
 * A complete IDL to start from, for the service `first.second`: proto2, readable by callers of the older languages.
 *
 * @throws {ServiceNameInvalid} a name is not allowed for services
 */
export function sampleIdl(first: string, second: string): string {
  const packageName = parseName(first, "first").toLowerCase();
  const service = `${upperCamel(parseName(second, "second"))}Service`;
  return `// Interface of ${first}.${second}.
// Change it by adding: new fields are optional and get a new number, nothing is renumbered or removed.

package ${packageName};

// For callers in C++ and Java.
option cc_generic_services = true;
option java_generic_services = true;

message GetSomethingRequest {
  required string name = 1;
  optional int32 id = 2;
  optional string email = 3;
}

message GetSomethingResponse {
  // 0 = success.
  required int32 errcode = 1;
  optional string errmsg = 2;
}

service ${service} {
  // Says what the method does, in one sentence.
  rpc GetSomething(GetSomethingRequest) returns (GetSomethingResponse);
}
`;
}
