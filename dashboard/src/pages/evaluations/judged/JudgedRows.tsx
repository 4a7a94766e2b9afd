import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LoadMore } from "../../../components/LoadMore";
import { Loaded } from "../../../components/States";
import { asText } from "../../executions/readable";
import { type JudgedItem, judgedRowsQuery, type Result } from "./queries";

/** The rows that came out in one way: both outputs, and what the judge said in each order. */
export function JudgedRows({ id, result }: { id: string; result: Result }) {
  const query = useInfiniteQuery(judgedRowsQuery(id, result));
  return (
    <div className="border-t border-line pt-3">
      <Loaded query={query}>
        {({ pages }) => (
          <ol aria-label="Judged rows" className="flex flex-col gap-4">
            {pages.flatMap((page) => page.items).map((row) => <JudgedRow key={row.position} row={row} />)}
          </ol>
        )}
      </Loaded>
      <LoadMore query={query} />
    </div>
  );
}

function JudgedRow({ row }: { row: JudgedItem }) {
  return (
    <li className="flex flex-col gap-1.5 text-sm">
      <p className="break-words"><b className="font-medium">Row {row.position + 1}</b> <span className="text-muted">{row.inputs === null ? "Erased." : textOf(row.inputs)}</span></p>
      <div className="grid gap-2 sm:grid-cols-2">
        {(["baseline", "candidate"] as const).map((side) => (
          <div key={side} className="min-w-0">
            <p className="text-xs text-muted">{side}</p>
            <p className="max-h-40 overflow-auto rounded-md bg-raised p-2 break-words whitespace-pre-wrap" tabIndex={0} role="region" aria-label={`Output of the ${side}, row ${row.position + 1}`}>
              {row[side].output === null ? "No output." : asText(row[side].output)}
            </p>
          </div>
        ))}
      </div>
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-muted">
        {row.verdicts.map((verdict) => (
          <span key={verdict.order}>
            {verdict.order === "baseline_first" ? "Baseline first" : "Candidate first"}: {verdict.failure_code ?? `${verdict.answer}, that is ${verdict.preferred}`}{" "}
            {verdict.execution_id && <Link to="/executions" search={{ open: verdict.execution_id }} className="text-accent-ink underline">the judge's run</Link>}
          </span>
        ))}
      </p>
    </li>
  );
}

function textOf(inputs: Record<string, unknown>): string {
  return Object.values(inputs).map(asText).join(" · ").slice(0, 300);
}
