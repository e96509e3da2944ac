/** What has to be closed, last opened first. A failing one does not keep the others open. */
export class Closers {
  readonly #closers: (() => Promise<void> | void | undefined)[] = [];

  add(close: () => Promise<void> | void | undefined): void {
    this.#closers.push(close);
  }

  /** @throws the first error, after everything was tried */
  async closeAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
