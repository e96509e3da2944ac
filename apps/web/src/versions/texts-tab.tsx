import type { Version } from "@msec/api-schema";
import { Button, Segmented, Select, Space } from "antd";
import { useSearchParams } from "react-router";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { MayButton } from "../ui/may-button.js";
import { QueryView } from "../ui/query-view.js";
import { TextDiff } from "./text-diff.js";
import { TextEditor } from "./text-editor.js";
import type { TextKind } from "./text-kind.js";
import { TextView } from "./text-view.js";
import { VersionList } from "./version-list.js";

/** Versions of a text (config or interface): list, view, difference of two, editor. All of it is in the address. */
export function TextsTab({ kind }: { readonly kind: TextKind }) {
  const { first, second } = useServiceName();
  const [search, setSearch] = useSearchParams();
  const versions = useApi(`${kind}.list`, { params: { first, second } });
  const edit = search.get("edit");
  if (edit !== null)
    return <TextEditor kind={kind} base={edit} onClose={(tag) => setSearch(tag === undefined ? {} : { tag })} />;
  return (
    <QueryView query={versions}>
      {(data) =>
        data.versions.length === 0 ? <NoVersions kind={kind} /> : <Versions kind={kind} versions={data.versions} />
      }
    </QueryView>
  );
}

function NoVersions({ kind }: { readonly kind: TextKind }) {
  const t = useText();
  const [, setSearch] = useSearchParams();
  return (
    <EmptyHint
      title={t(`${kind}.none`)}
      text={t(`${kind}.noneText`)}
      action={
        <MayButton permission="service:write" type="primary" onClick={() => setSearch({ edit: "new" })}>
          {t(`${kind}.new`)}
        </MayButton>
      }
    />
  );
}

function Versions({ kind, versions }: { readonly kind: TextKind; readonly versions: readonly Version[] }) {
  const t = useText();
  const [search, setSearch] = useSearchParams();
  const tag = versions.find((version) => version.tag === search.get("tag"))?.tag ?? versions[0]?.tag ?? "";
  const older = versions[versions.findIndex((version) => version.tag === tag) + 1]?.tag;
  const other = search.get("with");
  const compare = (next: string | undefined) => setSearch(next === undefined ? { tag } : { tag, with: next });
  return (
    <div className="master-detail">
      <VersionList kind={kind} versions={versions} tag={tag} onOpen={(next) => setSearch({ tag: next })} />
      <div>
        <div className="toolbar">
          <Segmented
            size="small"
            value={other === null ? "view" : "diff"}
            options={[
              { value: "view", label: t("versions.view") },
              { value: "diff", label: t("versions.compare"), disabled: versions.length < 2 },
            ]}
            onChange={(value) =>
              compare(value === "view" ? undefined : (older ?? versions.find((v) => v.tag !== tag)?.tag))
            }
          />
          {other !== null && (
            <Space size={8}>
              <Select
                size="small"
                className="tag-select"
                aria-label={t("versions.compareWith")}
                value={other}
                options={versions.filter((v) => v.tag !== tag).map((v) => ({ value: v.tag, label: v.tag }))}
                onChange={compare}
              />
              <span>→ {tag}</span>
            </Space>
          )}
          <span className="spacer" />
          <MayButton permission="service:write" size="small" onClick={() => setSearch({ edit: tag })}>
            {t("versions.editFrom", { tag })}
          </MayButton>
          <Button size="small" type="text" onClick={() => setSearch({ edit: "new" })}>
            {t(`${kind}.new`)}
          </Button>
        </div>
        {other === null ? <TextView kind={kind} tag={tag} /> : <TextDiff kind={kind} left={other} right={tag} />}
      </div>
    </div>
  );
}
