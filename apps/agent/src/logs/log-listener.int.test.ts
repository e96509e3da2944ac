import { connect } from "node:net";
import { silentLogger } from "@msec/core";
import { encodeLogEvent } from "@msec/protocol";
import { expect, it, onTestFinished } from "vitest";
import { until } from "../testing/agent-fixture.js";
import { listenForLogs } from "./log-listener.js";

it("does not read while the spool is behind, so that the sender has to drop, and goes on later", async () => {
  let isBehind = false;
  let onProgress = (): void => undefined;
  let taken = 0;
  const listener = await listenForLogs({
    ...{ host: "127.0.0.1", port: 0, machineAddress: "127.0.0.1", nowMs: () => 1, logger: silentLogger },
    onEvent: () => {
      taken += 1;
      isBehind = taken === 100 || isBehind;
    },
    isBehind: () => isBehind,
    onProgress: (callback) => {
      onProgress = callback;
      return () => undefined;
    },
  });
  const socket = connect({ host: "127.0.0.1", port: listener.port });
  onTestFinished(async () => {
    socket.destroy();
    await listener.close();
  });
  const event = encodeLogEvent({}, "x".repeat(8_000));
  for (let n = 0; n < 2_000; n++) socket.write(event);
  await until(() => isBehind, "the spool is behind");
  const before = taken;
  await until(() => socket.writableLength > 1 << 20, "the rest waits at the sender");
  expect(taken).toBe(before);
  onProgress();
  expect(taken).toBe(before);
  isBehind = false;
  onProgress();
  await until(() => taken === 2_000, "all records arrive");
});
