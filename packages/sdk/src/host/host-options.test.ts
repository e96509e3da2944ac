import { expect, it } from "vitest";
import { defaultHome } from "../connect.js";
import { parseHostOptions } from "./host-options.js";

const args = ["ctrl", "--service", "Test.echo", "--dir", "/r"];

it("reads role, service, directory, home and address", () => {
  const env = { MSEC_HOME: "/home/x", MSEC_BIND_ADDRESS: "127.0.0.2" };
  const common = { service: "Test.echo", dir: "/r" };
  expect(parseHostOptions(args, env)).toEqual({ role: "ctrl", ...common, home: "/home/x", bind: "127.0.0.2" });
  expect(parseHostOptions(["dev", ...args.slice(1)], {})).toEqual({
    ...{ role: "dev", ...common },
    ...{ home: defaultHome(), bind: undefined },
  });
});

it.each([
  { name: "no role", args: args.slice(1), problem: /unknown role ""/ },
  { name: "unknown role", args: ["start", ...args.slice(1)], problem: /unknown role "start"/ },
  { name: "no service", args: ["ctrl", "--dir", "/r"], problem: /--service is missing/ },
  { name: "one level", args: ["ctrl", "--service", "echo", "--dir", "/r"], problem: /two levels/ },
  { name: "no directory", args: args.slice(0, 3), problem: /--dir is missing/ },
  { name: "unknown option", args: [...args, "--fast"], problem: /--fast/ },
  { name: "bad address", args, env: { MSEC_BIND_ADDRESS: "localhost" }, problem: /MSEC_BIND_ADDRESS "localhost"/ },
])("refuses: $name", ({ args: given, env, problem }) => {
  expect(() => parseHostOptions(given, env ?? {})).toThrow(problem);
});
