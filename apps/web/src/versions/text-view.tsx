import { DownloadOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { Link } from "react-router";
import { useApi } from "../api/use-api.js";
import { formatBytes } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { ShortId } from "../ui/copyable.js";
import { downloadText } from "../ui/download.js";
import { QueryView } from "../ui/query-view.js";
import type { TextKind } from "./text-kind.js";

interface TextViewProps {
  readonly kind: TextKind;
  readonly tag: string;
}

export function TextView({ kind, tag }: TextViewProps) {
  const t = useText();
  const { first, second } = useServiceName();
  const query = useApi(`${kind}.get`, { params: { first, second, tag } });
  return (
    <QueryView query={query}>
      {({ version, content }) => (
        <>
          <p className="text-facts faint">
            <span>{formatBytes(version.sizeBytes)}</span>
            <span>
              sha256 <ShortId id={version.sha256} />
            </span>
            {version.usedBy.length > 0 && (
              <span>
                {t("versions.usedByReleases")}{" "}
                {version.usedBy.slice(-5).map((releaseId) => (
                  <Link key={releaseId} to={`/releases/${releaseId}`} className="used-link">
                    {releaseId}
                  </Link>
                ))}
              </span>
            )}
            <Button
              size="small"
              type="text"
              icon={<DownloadOutlined />}
              onClick={() =>
                downloadText(`${first}.${second}.${version.tag}.${kind === "configs" ? "ini" : "proto"}`, content)
              }
            >
              {t("common.download")}
            </Button>
          </p>
          <NumberedText text={content} />
        </>
      )}
    </QueryView>
  );
}

function NumberedText({ text }: { readonly text: string }) {
  const lines = text.replace(/\n$/, "").split("\n");
  return (
    <div className="code-block">
      <pre className="code-numbers" aria-hidden="true">
        {lines.map((_, index) => index + 1).join("\n")}
      </pre>
      <pre className="code-text">{lines.join("\n")}</pre>
    </div>
  );
}
