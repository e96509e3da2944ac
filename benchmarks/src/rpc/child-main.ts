/** The child's side of `Child`: starts the role that the arguments name, then answers the parent's requests until it is ended. */

/** What a child is asked. */
export type ChildRequest = object;

/** What it answers with. */
export type ChildAnswer = { readonly value: unknown } | { readonly error: string };

export interface StartedRole<R extends ChildRequest = ChildRequest> {
  /** The first answer. */
  readonly value: unknown;
  answer(request: R): unknown;
}

type Role = (args: unknown) => StartedRole<never> | Promise<StartedRole<never>>;

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);
}

/** Resolves when the role is started. The process ends with its parent, or on SIGTERM. */
export async function answerParent(roles: Readonly<Record<string, Role>>): Promise<void> {
  const [role = "", json = "{}"] = process.argv.slice(2);
  const send = (answer: ChildAnswer): void => void process.send?.(answer);
  process.on("disconnect", () => process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
  try {
    const started = await roles[role]!(JSON.parse(json));
    process.on("message", (request) => {
      new Promise((resolve) => resolve(started.answer(request as never))).then(
        (value) => send({ value: value ?? 0 }),
        (error: unknown) => send({ error: textOf(error) }),
      );
    });
    send({ value: started.value });
  } catch (error) {
    send({ error: textOf(error) });
  }
}
