/**
 * V8 compiles code for the shapes of the objects that pass through it, and throws that code away with the last object of a shape. A full
 * garbage collection that meets no call under way - the rule in most services, and after every quiet moment - would take the compiled way
 * of a call with it: measured, the next 0.2 to 0.3 s run at a sixth of the speed (docs/reference/performance.md, "After a collection").
 * One object of each kind that lives as long as a call is therefore kept.
 */

const FIRST_RENEWAL_MS = 1_000;
/** The renewals come at 1, 3, 7 … s; shapes change while a program is young (a field that first held whole numbers meets a fraction). */
const LAST_RENEWAL_MS = 2 ** 20;

/**
 * Keeps one object of a shape alive. It is made anew now and then, since an object made early keeps the shape of that time.
 *
 * @param make an object as calls make it, that holds nothing of a call
 */
export class KeptShape {
  readonly #make: () => object;
  #timer: NodeJS.Timeout | undefined;
  #nextMs = FIRST_RENEWAL_MS;
  /** Never read. */
  object: object;

  constructor(make: () => object) {
    this.#make = make;
    this.object = make();
    this.#arm();
  }

  /** No more renewals. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    if (this.#nextMs > LAST_RENEWAL_MS) return;
    this.#timer = setTimeout(() => {
      this.object = this.#make();
      this.#arm();
    }, this.#nextMs);
    this.#timer.unref();
    this.#nextMs *= 2;
  }
}
