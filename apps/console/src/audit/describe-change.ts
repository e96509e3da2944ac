/** Facts by name, before and after. */
type Facts = Readonly<Record<string, unknown>>;

/** What changed, for the audit log: `policy odd → adaptive, zone – → z1`. */
export function describeChange(old: Facts, next: Facts): string {
  const changes = Object.keys(next)
    .filter((key) => word(old[key]) !== word(next[key]))
    .map((key) => `${key} ${word(old[key])} → ${word(next[key])}`);
  return changes.length === 0 ? "nothing changes" : changes.join(", ");
}

function word(value: unknown): string {
  if (value === "") return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
