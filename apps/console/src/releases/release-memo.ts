/** What the Instances page says of the last release: `MMDDhhmm` in the console's local time, then its memo. Spec: console.md §2.4. */
export function releaseMemo(atMs: number, memo: string): string {
  const at = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(at.getMonth() + 1)}${two(at.getDate())}${two(at.getHours())}${two(at.getMinutes())}${memo}`;
}
