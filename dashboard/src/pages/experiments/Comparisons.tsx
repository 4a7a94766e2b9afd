import { getRouteApi } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { classes } from "../../components/classes";
import { Segments } from "../../components/Tabs";
import { ComparisonCard } from "./ComparisonCard";
import type { Analysis, Comparison } from "./queries";

const route = getRouteApi("/workspace/experiments/$name");

const PARTS: readonly { role: Comparison["role"]; title: string }[] = [
  { role: "primary", title: "The metric that decides" },
  { role: "further", title: "Further metrics" },
  { role: "guardrail", title: "Guardrails" },
];

/** A block for each arm on each metric, beside the control. */
export function Comparisons({ analysis }: { analysis: Analysis }) {
  const { view } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <section aria-label="Comparisons" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <h2 className="grow text-lg font-semibold">Beside the control</h2>
        <Segments
          label="Show the course as"
          options={[{ name: "chart", label: "Charts" }, { name: "table", label: "Tables" }]}
          value={view ?? "chart"}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, view: next === "table" ? next : undefined }), replace: true, resetScroll: false })
          }
        />
      </div>
      {analysis.biased && (
        <p role="note" className="flex gap-2 rounded-md bg-warn-soft p-3 text-sm text-warn">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          Estimates are biased: shares followed the outcomes, so losers look worse than they are. The p-values hold; an interval is shown only where one is valid.
        </p>
      )}
      {PARTS.map(({ role, title }) => {
        const found = analysis.comparisons.filter((one) => one.role === role);
        return found.length === 0 ? null : (
          <section key={role} aria-label={title} className="flex flex-col gap-2">
            <h3 className="font-medium text-muted">{title}</h3>
            <div className={classes("grid grid-cols-[minmax(0,1fr)] gap-4", found.length > 1 && "lg:grid-cols-2")}>
              {found.map((one) => <ComparisonCard key={`${one.metric}/${one.arm}`} comparison={one} view={view ?? "chart"} />)}
            </div>
          </section>
        );
      })}
      <p className="text-xs text-muted">{analysis.correction}</p>
    </section>
  );
}
