import { useApi } from "../api/use-api.js";
import { DiffView } from "../diff/diff-view.js";
import { useServiceName } from "../services/use-service.js";
import { QueriesView } from "../ui/query-view.js";
import type { TextKind } from "./text-kind.js";

interface TextDiffProps {
  readonly kind: TextKind;
  readonly left: string;
  readonly right: string;
}

/** What changed between two versions. */
export function TextDiff({ kind, left, right }: TextDiffProps) {
  const { first, second } = useServiceName();
  const leftText = useApi(`${kind}.get`, { params: { first, second, tag: left } });
  const rightText = useApi(`${kind}.get`, { params: { first, second, tag: right } });
  return (
    <QueriesView queries={{ leftText, rightText }}>
      {(data) => (
        <DiffView
          leftTitle={data.leftText.version.tag}
          rightTitle={data.rightText.version.tag}
          left={data.leftText.content}
          right={data.rightText.content}
        />
      )}
    </QueriesView>
  );
}
