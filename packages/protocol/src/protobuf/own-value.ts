/** A field's value, or `undefined`: a field may be called `constructor` or `toString`, which every object inherits. */
export function ownValue(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
