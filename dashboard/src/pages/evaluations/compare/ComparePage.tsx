import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { GitCompareArrows } from "lucide-react";
import { buttonClasses } from "../../../components/Button";
import { formatCount } from "../../../components/format";
import { Card, Page } from "../../../components/Page";
import { EmptyState, Loaded, Skeleton } from "../../../components/States";
import { nameOf } from "../evaluationColumns";
import { JudgedCard } from "../judged/JudgedCard";
import { withBaseline } from "../picking";
import { type Comparison, comparisonQuery } from "../queries";
import type { CompareSearch } from "../search";
import { chosen } from "./chosen";
import { ComparedRows } from "./ComparedRows";
import { Differences } from "./Differences";
import { Sides } from "./Sides";

const route = getRouteApi("/workspace/evaluations/compare");

/** Two or more evaluations of the same rows: first what differs, then where. */
export function ComparePage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const ids = search.evaluation ?? [];
  const query = useQuery({ ...comparisonQuery(ids), enabled: ids.length > 1 });
  const change = (next: CompareSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  return (
    <Page
      title="Compare evaluations"
      wide
      above={<Link to="/evaluations" className="hover:underline">Evaluations</Link>}
      description={query.data && described(query.data)}
      actions={ids.length > 0 && <Link to="/evaluations" search={{ pick: ids }} className={buttonClasses()}>Mark others…</Link>}
    >
      {ids.length < 2 ? (
        <Card>
          <EmptyState icon={GitCompareArrows} title="Choose two evaluations or more" action={<Link to="/evaluations" className={buttonClasses("primary")}>To the evaluations</Link>}>
            Mark them in the list, then choose Compare. They must have scored the same rows.
          </EmptyState>
        </Card>
      ) : (
        <Loaded query={query} loading={<Card><Skeleton lines={8} /></Card>}>
          {(comparison) => (
            <>
              <Sides
                evaluations={comparison.evaluations}
                onBaseline={(id) => change({ evaluation: withBaseline(ids, id), candidate: undefined, row: undefined })}
                onRemove={(id) => change({ evaluation: ids.filter((other) => other !== id), candidate: undefined, row: undefined })}
              />
              <Differences comparison={comparison} shown={chosen(comparison, search)} onChoose={(candidate, scorer) => change({ candidate, scorer, row: undefined })} />
              <JudgedCard key={`judged ${chosen(comparison, search).candidate}`} comparison={comparison} candidate={chosen(comparison, search).candidate} />
              <ComparedRows key={ids.join()} comparison={comparison} {...chosen(comparison, search)} search={search} onChange={change} />
            </>
          )}
        </Loaded>
      )}
    </Page>
  );
}

function described({ baseline, rows }: Comparison): string {
  return `${formatCount(rows)} ${rows === 1 ? "row" : "rows"} that all of them ran; ${nameOf(baseline)} is the baseline.`;
}
