const utf8 = new TextEncoder();

/** Colour id of a method: djb2 (h = 5381; h = h × 33 + byte) over the full name, unsigned 32 bits. `echo.EchoService.Echo` gives 1154275343. */
export function colorId(methodName: string): number {
  let hash = 5381;
  for (const byte of utf8.encode(methodName)) hash = (Math.imul(hash, 33) + byte) >>> 0;
  return hash;
}
