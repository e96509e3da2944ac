import { Breadcrumb } from "antd";
import { type ReactNode, useEffect } from "react";
import { Link } from "react-router";

interface PageProps {
  readonly title: ReactNode;
  /** Title of the browser's tab. */
  readonly documentTitle: string;
  /** What stands above in the hierarchy, with addresses. */
  readonly trail?: readonly { readonly text: string; readonly to?: string }[];
  readonly actions?: ReactNode;
  /** One line under the title that answers the first question. */
  readonly summary?: ReactNode;
  readonly children: ReactNode;
}

/** Head and body of a page, the same everywhere. */
export function Page({ title, documentTitle, trail = [], actions, summary, children }: PageProps) {
  useEffect(() => {
    document.title = `${documentTitle} · msec`;
  }, [documentTitle]);
  return (
    <div className="page">
      {trail.length > 0 && (
        <Breadcrumb
          className="trail"
          items={trail.map((part) => ({
            key: part.text,
            title: part.to === undefined ? part.text : <Link to={part.to}>{part.text}</Link>,
          }))}
        />
      )}
      <div className="page-head">
        <h1>{title}</h1>
        {actions && <div className="page-actions">{actions}</div>}
      </div>
      {summary && <div className="page-summary">{summary}</div>}
      {children}
    </div>
  );
}

interface SectionProps {
  readonly title?: ReactNode;
  readonly extra?: ReactNode;
  readonly children: ReactNode;
}

/** A titled block on a page. */
export function Section({ title, extra, children }: SectionProps) {
  return (
    <section className="section">
      {(title || extra) && (
        <div className="section-head">
          <h2>{title}</h2>
          {extra && <div>{extra}</div>}
        </div>
      )}
      {children}
    </section>
  );
}
