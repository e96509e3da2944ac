import type { TextProblem, Version } from "@msec/api-schema";
import { App, Button, Form, Input } from "antd";
import { type RefObject, useEffect, useRef, useState } from "react";
import { callApi } from "../api/api.js";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { DiffView } from "../diff/diff-view.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { ErrorPanel } from "../ui/error-panel.js";
import { memoRules, nameRules } from "../ui/name-rules.js";
import { Problems } from "./problems.js";
import type { TextKind } from "./text-kind.js";
import { useChecked } from "./use-checked.js";
import { useDraft } from "./use-draft.js";

interface TextEditorProps {
  readonly kind: TextKind;
  /** Version to begin from, or `new`. */
  readonly base: string;
  readonly onClose: (savedTag?: string) => void;
}

/** Edits a text and saves it as a new version; it is checked as one types, and a draft survives a reload. */
export function TextEditor({ kind, base, onClose }: TextEditorProps) {
  const t = useText();
  const { first, second } = useServiceName();
  const fromVersion = base !== "new";
  const old = useApi(`${kind}.get`, { params: { first, second, tag: base } }, { enabled: fromVersion });
  const draft = useDraft(`${first}.${second} ${kind} ${base}`, fromVersion ? old.data?.content : "");
  const { problems, checking } = useChecked(kind, draft.text);
  const area = useRef<HTMLTextAreaElement>(null);
  const [showDiff, setShowDiff] = useState(false);
  const original = old.data?.content ?? "";
  if (old.error) return <ErrorPanel error={old.error} onRetry={() => void old.refetch()} />;
  return (
    <div className="editor">
      <div className="toolbar">
        <strong>{fromVersion ? t("versions.editing", { tag: base }) : t(`${kind}.new`)}</strong>
        <span className="spacer" />
        <SampleButton kind={kind} onSample={draft.setText} />
        {fromVersion && (
          <Button size="small" onClick={() => setShowDiff(!showDiff)}>
            {t(showDiff ? "versions.edit" : "diff.show")}
          </Button>
        )}
        <Button size="small" onClick={() => onClose(fromVersion ? base : undefined)}>
          {t("common.close")}
        </Button>
      </div>
      {showDiff ? (
        <DiffView leftTitle={base} rightTitle={t("versions.draft")} left={original} right={draft.text} />
      ) : (
        <CodeArea area={area} text={draft.text} onChange={draft.setText} problems={problems} label={t(`${kind}.new`)} />
      )}
      <Problems problems={problems} checking={checking} onGo={(problem) => goTo(area.current, draft.text, problem)} />
      <SaveForm
        kind={kind}
        content={draft.text}
        blocked={draft.text.trim() === "" || problems.some((problem) => problem.severity === "error")}
        unchanged={fromVersion && draft.text === original}
        onSaved={(version) => {
          draft.forget();
          onClose(version.tag);
        }}
      />
    </div>
  );
}

function goTo(area: HTMLTextAreaElement | null, text: string, problem: TextProblem): void {
  if (!area) return;
  const before = text.split("\n").slice(0, Math.max(0, problem.line - 1));
  const at = before.reduce((sum, line) => sum + line.length + 1, 0) + Math.max(0, problem.column - 1);
  area.focus();
  area.setSelectionRange(at, at);
}

function SampleButton({ kind, onSample }: { readonly kind: TextKind; readonly onSample: (text: string) => void }) {
  const t = useText();
  const { first, second } = useServiceName();
  const { message } = App.useApp();
  const insert = async () => {
    try {
      onSample((await callApi(`${kind}.sample`, { params: { first, second } })).content);
    } catch (error) {
      void message.error(String(error));
    }
  };
  return (
    <Button size="small" onClick={() => void insert()}>
      {t("versions.sample")}
    </Button>
  );
}

interface CodeAreaProps {
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  readonly label: string;
  readonly problems: readonly TextProblem[];
  readonly onChange: (text: string) => void;
}

function CodeArea({ area, text, label, problems, onChange }: CodeAreaProps) {
  const numbers = useRef<HTMLPreElement>(null);
  const count = text.split("\n").length;
  const bad = new Set(problems.map((problem) => problem.line));
  return (
    <div className="code-block editing">
      <pre className="code-numbers" aria-hidden="true" ref={numbers}>
        {Array.from({ length: count }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: line numbers are their own identity
          <span key={index} className={bad.has(index + 1) ? "tone-failing strong" : ""}>{`${index + 1}\n`}</span>
        ))}
      </pre>
      <textarea
        ref={area}
        className="code-text"
        aria-label={label}
        spellCheck={false}
        wrap="off"
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => {
          if (numbers.current) numbers.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}

interface SaveFormProps {
  readonly kind: TextKind;
  readonly content: string;
  readonly blocked: boolean;
  readonly unchanged: boolean;
  readonly onSaved: (version: Version) => void;
}

function SaveForm({ kind, content, blocked, unchanged, onSaved }: SaveFormProps) {
  const t = useText();
  const { first, second } = useServiceName();
  const save = useAction(`${kind}.create`, { quiet: true, onDone: onSaved });
  const { reset } = save;
  // biome-ignore lint/correctness/useExhaustiveDependencies: an old refusal says nothing about a changed text
  useEffect(() => reset(), [content, reset]);
  return (
    <Form
      layout="inline"
      className="save-form"
      onFinish={({ tag, memo = "" }: { tag: string; memo?: string }) =>
        save.mutate({ params: { first, second }, body: { tag, memo, content } })
      }
    >
      <Form.Item name="tag" label={t("versions.tag")} rules={nameRules(t)}>
        <Input autoComplete="off" placeholder={t("versions.tagHint")} maxLength={16} />
      </Form.Item>
      <Form.Item name="memo" label={t("common.memo")} rules={memoRules(t)} className="grow">
        <Input autoComplete="off" maxLength={140} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={save.isPending} disabled={blocked || unchanged}>
        {t("versions.save")}
      </Button>
      {save.error && (
        <div className="full">
          <ErrorPanel error={save.error} kind="action" />
        </div>
      )}
    </Form>
  );
}
