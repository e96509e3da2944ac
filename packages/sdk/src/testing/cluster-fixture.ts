/** Clusters of echo services. Only for tests. */
import type { AppError } from "@msec/core";
import { onTestFinished } from "vitest";
import { defineService, type ServiceContext, type ServiceDefinition } from "../define-service.js";
import { Echo } from "../host/host-fixture.js";
import { currentApp } from "../runtime.js";
import type { TestClusterOptions } from "./cluster-options.js";
import { createTestCluster, type TestCluster } from "./test-cluster.js";

/** Closed when the test has ended. */
export async function open<const N extends string>(options: TestClusterOptions<N>): Promise<TestCluster<N>> {
  const cluster = await createTestCluster(options);
  onTestFinished(() => cluster.close());
  return cluster;
}

interface Text {
  readonly text: string;
}
export type Answer = (request: Text, ctx: ServiceContext) => Text | Promise<Text>;

/** `say` is idempotent, `sleep` is not. */
export const echo = (say: Answer, sleep: Answer = say): ServiceDefinition => defineService(Echo, { say, sleep });

export const here: Answer = ({ text }) => ({ text: `${text} at ${currentApp().service}` });

export const passOn =
  (target: string, timeoutMs = 800): Answer =>
  async ({ text }, ctx) => {
    await Promise.resolve();
    const answer = await ctx.call(Echo.methods.Say, target, { text: `${text}>${currentApp().service}` }, { timeoutMs });
    return { text: answer.text };
  };

export const caught = (promise: Promise<unknown>): Promise<AppError> =>
  promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error as AppError,
  );

/** How long a call took in the cluster's time, and its end: the text of its answer, or the reason of its failure. */
export async function timed(
  cluster: TestCluster,
  call: Promise<Text>,
): Promise<{ readonly end: string; readonly costMs: number }> {
  const startMs = cluster.clock.monotonicMs();
  const end = call.then(
    ({ text }) => text,
    (error: AppError) => error.reason,
  );
  return { end: await cluster.clock.until(end), costMs: cluster.clock.monotonicMs() - startMs };
}
