/** Each way an attempt can end, and what the balancer hears of it. */
import { AppError, type ErrorCode } from "@msec/core";
import { createHead, encodeFrame } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import type { CallOptions, CallOutcome, RpcClient } from "../index.js";
import {
  deadPlace,
  echo,
  ListPicker,
  openClient,
  order,
  type Place,
  type Say,
  say,
  startRaw,
  startServer,
} from "./client-fixture.js";

interface Path {
  readonly name: string;
  readonly place: () => Promise<Place>;
  readonly outcome: CallOutcome;
  /** Of the error the caller gets. */
  readonly reason?: string;
  /** Least and most that the balancer is told, ms. */
  readonly latencyMs?: readonly [number, number];
  readonly options?: CallOptions;
  readonly signal?: () => AbortSignal;
  readonly method?: typeof say;
  readonly meanwhile?: (client: RpcClient) => void;
}

const failing =
  (code: ErrorCode, reason: string): Say =>
  () => {
    throw new AppError({ code, reason, message: "no", details: {} });
  };
const never: Say = () => new Promise(() => undefined);
/** Answers the first request with this head. */
const answering = (head: { err: number; reason?: string }): Promise<Place> =>
  startRaw((socket) =>
    socket.once("data", (chunk) => {
      // sequence is the first field of the head: tag 0x50 at offset 9
      let sequenceLow = 0;
      for (let at = 10, shift = 0; ; at++, shift += 7) {
        sequenceLow = (sequenceLow | ((chunk[at]! & 127) << shift)) >>> 0;
        if ((chunk[at]! & 128) === 0) break;
      }
      socket.write(encodeFrame({ ...createHead(), sequenceLow, methodName: "m", ...head }));
    }),
  );

const PATHS: readonly Path[] = [
  { name: "an answer", place: () => startServer(echo), outcome: "success", latencyMs: [0.001, 500] },
  {
    name: "an error of the handler's own",
    place: () => startServer(failing("NOT_FOUND", "TEST_NONE")),
    outcome: "success",
    reason: "TEST_NONE",
  },
  {
    name: "a handler that broke",
    place: () => startServer(failing("INTERNAL", "INTERNAL")),
    outcome: "error",
    reason: "INTERNAL",
  },
  {
    name: "a handler that says it is not available",
    place: () => startServer(failing("UNAVAILABLE", "TEST_DATABASE_GONE")),
    outcome: "error",
    reason: "TEST_DATABASE_GONE",
  },
  {
    name: "a handler whose own call did not get through",
    place: () => startServer(failing("UNAVAILABLE", "NET_REFUSED")),
    outcome: "success",
    reason: "NET_REFUSED",
  },
  { name: "a refused connection", place: deadPlace, outcome: "refused", reason: "NET_REFUSED" },
  {
    name: "a connection that is reset",
    place: () => startRaw((socket) => socket.on("data", () => socket.resetAndDestroy())),
    outcome: "reset",
    reason: "NET_RESET",
  },
  {
    name: "a connection that is closed in order",
    place: () => startRaw((socket) => socket.on("data", () => socket.end())),
    outcome: "reset",
    reason: "NET_RESET",
  },
  {
    name: "bytes that are no frame",
    place: () => startRaw((socket) => socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"))),
    outcome: "reset",
    reason: "PROTO_FRAME_BAD_START",
  },
  {
    name: "no answer in time",
    place: () => startServer(never),
    outcome: "timeout",
    reason: "RPC_TIMEOUT",
    options: { timeoutMs: 30 },
    latencyMs: [29, 2000],
  },
  {
    name: "an answer that is not the message of the IDL",
    place: () => answering({ err: 0 }),
    outcome: "error",
    reason: "RPC_RESPONSE_INVALID",
  },
  {
    name: "overload",
    place: () => startServer(echo, { limits: { maxInFlight: 0 } }),
    outcome: "busy",
    reason: "RPC_OVERLOADED",
  },
  {
    name: "too long in the queue",
    place: () => answering({ err: -9, reason: "RPC_QUEUED_TOO_LONG" }),
    outcome: "busy",
    reason: "RPC_QUEUED_TOO_LONG",
  },
  {
    name: "an instance that shuts down",
    place: () => answering({ err: -11, reason: "RPC_SHUTTING_DOWN" }),
    outcome: "error",
    reason: "RPC_SHUTTING_DOWN",
  },
  {
    name: "a deadline that passed in the queue",
    place: () => answering({ err: -10, reason: "RPC_DEADLINE_PASSED" }),
    outcome: "timeout",
    reason: "RPC_DEADLINE_PASSED",
  },
  {
    name: "an unknown method",
    place: () => startServer(echo),
    outcome: "error",
    reason: "RPC_METHOD_UNKNOWN",
    method: { ...order, fullName: "test.Echo.None" },
  },
  {
    name: "an unknown method of an old peer",
    place: () => answering({ err: -6 }),
    outcome: "error",
    reason: "RPC_REMOTE_ERROR",
  },
  {
    name: "a failed method of an old peer",
    place: () => answering({ err: -18 }),
    outcome: "success",
    reason: "RPC_REMOTE_ERROR",
  },
  {
    name: "a caller who gives up",
    place: () => startServer(never),
    outcome: "cancelled",
    reason: "RPC_CANCELLED",
    signal: () => AbortSignal.timeout(30),
  },
  {
    name: "a client that is closed",
    place: () => startServer(never),
    outcome: "cancelled",
    reason: "RPC_CLIENT_CLOSED",
    meanwhile: (client) => client.close(),
  },
];

describe("reports to the balancer", () => {
  it.each(PATHS)("$name: $outcome", async (path) => {
    const { place, outcome, reason, latencyMs, method, meanwhile } = path;
    const signal = path.signal?.();
    const options = { ...path.options, ...(signal && { signal }) };
    const at = await place();
    const picker = new ListPicker([at]);
    const client = openClient(picker);
    const call = client.call(method ?? order, "Test.echo", { text: "x" }, options).then(
      () => undefined,
      (error: unknown) => (error as AppError).reason,
    );
    if (meanwhile !== undefined) setTimeout(meanwhile, 50, client);
    expect(await call).toBe(reason);
    const [report, ...others] = picker.reports;
    // picks that were not used: nobody else is there
    expect(others.filter((other) => other.outcome !== "cancelled" || other.latencyMs !== 0)).toEqual([]);
    expect(report).toMatchObject({ port: at.port, outcome });
    const [least, most] = latencyMs ?? [0, 2000];
    expect(report!.latencyMs).toBeGreaterThanOrEqual(least);
    expect(report!.latencyMs).toBeLessThan(most);
  });

  it("are not made for direct addresses", async () => {
    const picker = new ListPicker([]);
    const { port } = await startServer(echo);
    await openClient(picker).call(say, `127.0.0.1:${port}`, { text: "" });
    expect(picker.reports).toEqual([]);
  });
});
