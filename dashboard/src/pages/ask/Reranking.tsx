import type { Schema } from "../../api/client";

export type RerankingReport = Schema<"RerankingReport">;

/** Which model ordered the passages, and what went wrong or was left out. */
export function Reranking({ report }: { report: RerankingReport }) {
  return (
    <p className="text-sm break-words text-muted">
      Passages ordered by {report.model}, of {report.candidates}
      {report.tokens !== null && report.tokens !== undefined && `; it read ${report.tokens} tokens`}
      {report.left_out && report.left_out.length > 0 && `, and ${report.left_out.length} not to their end`}.
      {report.failed && <span className="block text-warn">{report.failed}</span>}
      {unsure(report) && <span className="block">{unsure(report)}</span>}
    </p>
  );
}

function unsure({ missing = 0, doubled = 0, unknown = 0 }: RerankingReport): string {
  const parts = [
    missing > 0 && `${missing} not named, which keep their order behind the others`,
    doubled > 0 && `${doubled} named twice`,
    unknown > 0 && `${unknown} that there are not`,
  ].filter(Boolean);
  return parts.length > 0 ? `Its order: ${parts.join(", ")}.` : "";
}
