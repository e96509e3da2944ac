import { describe, expect, it } from "vitest";
import { type InstanceFact, UNKNOWN_INSTANCE } from "./instance-facts.js";
import { type ObservedInstance, serviceHealth } from "./service-health.js";

type State = InstanceFact["process"]["state"];
type View = InstanceFact["views"][number]["state"];

function instance(state: State, views: View[] = [], status: ObservedInstance["status"] = "enabled"): ObservedInstance {
  const seen = views.map((view) => ({
    machine: "m",
    state: view,
    successRatio: 1,
    latencyMs: 1,
    inFlight: 0,
    text: view === "ejected" ? "ejected: refused connections" : view === "unreachable" ? "no connection" : "",
  }));
  const fact = { ...UNKNOWN_INSTANCE, process: { ...UNKNOWN_INSTANCE.process, state, text: "" }, views: seen };
  return { address: "10.0.0.1:80", status, fact };
}

describe("serviceHealth", () => {
  it.each([
    ["no instances", [], "unknown", "no instances yet"],
    ["none in traffic", [instance("stopped", [], "disabled")], "unknown", "no instance is in traffic"],
    ["all run", [instance("running"), instance("running")], "well", "2 of 2 instances in traffic serve"],
    ["nothing known", [instance("unknown")], "unknown", "nothing is known of the instances in traffic"],
    [
      "partly known",
      [instance("running"), instance("unknown")],
      "well",
      "1 of 2 instances in traffic serve; nothing is known of 1",
    ],
    [
      "one stopped",
      [instance("running"), instance("stopped")],
      "degraded",
      "1 of 2 instances in traffic do not serve: 10.0.0.1:80 stopped",
    ],
    [
      "all stopped",
      [instance("stopped"), instance("backoff")],
      "failing",
      "2 of 2 instances in traffic do not serve: 10.0.0.1:80 stopped, 10.0.0.1:80 backoff",
    ],
    [
      "one starts",
      [instance("running"), instance("starting")],
      "degraded",
      "1 of 2 instances in traffic start or stop: 10.0.0.1:80 starting",
    ],
    [
      "one stopped out of traffic",
      [instance("running"), instance("stopped", [], "disabled")],
      "well",
      "1 of 1 instances in traffic serve",
    ],
    ["foreign, seen well", [instance("unknown", ["well", "ejected"])], "well", "1 of 1 instances in traffic serve"],
    [
      "foreign, the only one and dead",
      [instance("unknown", ["unreachable"])],
      "failing",
      "1 of 1 instances in traffic do not serve: 10.0.0.1:80 no connection (seen by m)",
    ],
    [
      "runs, but most callers ejected it",
      [instance("running", ["ejected", "ejected", "well"])],
      "failing",
      "1 of 1 instances in traffic do not serve: 10.0.0.1:80 ejected: refused connections (seen by m)",
    ],
  ] as const)("%s", (_, instances, health, healthText) => {
    expect(serviceHealth(instances)).toEqual({ health, healthText });
  });
});
