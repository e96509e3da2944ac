import { useMemo } from "react";
import { useText } from "../i18n/use-text.js";
import { changedSpan, type DiffRow, diffLines } from "./diff-lines.js";

interface DiffViewProps {
  readonly leftTitle: string;
  readonly rightTitle: string;
  readonly left: string;
  readonly right: string;
}

/** Two texts side by side with what changed marked. */
export function DiffView({ leftTitle, rightTitle, left, right }: DiffViewProps) {
  const t = useText();
  const rows = useMemo(() => diffLines(left, right), [left, right]);
  const changes = rows.filter((row) => row.kind !== "same").length;
  return (
    <div>
      <p className="faint">{changes === 0 ? t("diff.same") : t("diff.changes", { n: changes })}</p>
      <div className="diff-scroll">
        <table className="diff">
          <colgroup>
            <col className="diff-number" />
            <col />
            <col className="diff-number" />
            <col />
          </colgroup>
          <thead>
            <tr>
              <th colSpan={2}>{leftTitle}</th>
              <th colSpan={2}>{rightTitle}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={`${row.left?.line ?? ""}:${row.right?.line ?? ""}`} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Row({ row }: { readonly row: DiffRow }) {
  return (
    <tr className={`diff-${row.kind}`}>
      <Side side={row.left} other={row.kind === "changed" ? row.right?.text : undefined} name="left" />
      <Side side={row.right} other={row.kind === "changed" ? row.left?.text : undefined} name="right" />
    </tr>
  );
}

interface SideProps {
  readonly side: DiffRow["left"];
  readonly other: string | undefined;
  readonly name: "left" | "right";
}

function Side({ side, other, name }: SideProps) {
  if (!side) return <td colSpan={2} className="diff-none" />;
  return (
    <>
      <td className="diff-number">{side.line}</td>
      <td className={`diff-text ${name}`}>
        {other === undefined ? side.text : <Marked text={side.text} other={other} />}
      </td>
    </>
  );
}

function Marked({ text, other }: { readonly text: string; readonly other: string }) {
  const { head, tail } = changedSpan(text, other);
  return (
    <>
      {text.slice(0, head)}
      <mark>{text.slice(head, text.length - tail)}</mark>
      {text.slice(text.length - tail)}
    </>
  );
}
