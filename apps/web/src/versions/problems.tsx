import type { TextProblem } from "@msec/api-schema";
import { useText } from "../i18n/use-text.js";
import { StateIcon, StateTag } from "../ui/state-tag.js";

interface ProblemsProps {
  readonly problems: readonly TextProblem[];
  readonly checking: boolean;
  readonly onGo: (problem: TextProblem) => void;
}

/** What the check found; a click goes there. */
export function Problems({ problems, checking, onGo }: ProblemsProps) {
  const t = useText();
  return (
    <div className={checking ? "problems dimmed" : "problems"} aria-live="polite">
      {problems.length === 0 && (
        <StateTag tone={checking ? "working" : "well"} word={t(checking ? "check.checking" : "check.fine")} />
      )}
      {problems.map((problem) => (
        <button
          type="button"
          className="problem"
          key={`${problem.line}:${problem.column} ${problem.rule} ${problem.message}`}
          onClick={() => onGo(problem)}
        >
          <StateIcon
            tone={problem.severity === "error" ? "failing" : "degraded"}
            word={t(problem.severity === "error" ? "check.error" : "check.warning")}
          />
          <span className="mono nowrap">
            {problem.line}:{problem.column}
          </span>
          <span>{problem.message}</span>
          <span className="faint mono">{problem.rule}</span>
        </button>
      ))}
    </div>
  );
}
