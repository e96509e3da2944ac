import { Link } from "react-router";
import type { Tone } from "./state-tag.js";

interface Stat {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
  readonly tone?: Tone | undefined;
  readonly to?: string;
}

/** A row of numbers with their names; each may lead to what it counts. */
export function Stats({ items }: { readonly items: readonly Stat[] }) {
  return (
    <div className="stats">
      {items.map((item) => (
        <StatBox key={item.label} item={item} />
      ))}
    </div>
  );
}

function StatBox({ item }: { readonly item: Stat }) {
  const body = (
    <>
      <span className="stat-label">{item.label}</span>
      <span className={`stat-value ${item.tone ? `tone-${item.tone}` : ""}`}>
        {item.value} {item.note && <small>{item.note}</small>}
      </span>
    </>
  );
  return item.to ? (
    <Link className="stat" to={item.to}>
      {body}
    </Link>
  ) : (
    <div className="stat">{body}</div>
  );
}
