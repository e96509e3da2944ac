import { useText } from "../i18n/use-text.js";
import { type Curve, curveFacts, type Value } from "./curves.js";

interface ChartLegendProps {
  readonly curves: readonly (Curve & { readonly colour: string })[];
  /** Point under the cursor. */
  readonly index: number | undefined;
  readonly format: (value: Value) => string;
}

/** One line per curve: last (or the value under the cursor), least, most. */
export function ChartLegend({ curves, index, format }: ChartLegendProps) {
  const t = useText();
  return (
    <table className="chart-legend">
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">{t("chart.curve")}</span>
          </th>
          <th scope="col">{t(index === undefined ? "chart.last" : "chart.here")}</th>
          <th scope="col">{t("chart.min")}</th>
          <th scope="col">{t("chart.max")}</th>
        </tr>
      </thead>
      <tbody>
        {curves.map((curve) => {
          const facts = curveFacts(curve.values);
          return (
            <tr key={curve.label}>
              <th scope="row">
                <span className="swatch" style={{ background: curve.colour }} />
                <span className="ellipsis">{curve.label}</span>
              </th>
              <td className="strong">{format(index === undefined ? facts.last : (curve.values[index] ?? null))}</td>
              <td>{format(facts.min)}</td>
              <td>{format(facts.max)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
