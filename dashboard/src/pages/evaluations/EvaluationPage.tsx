import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Gavel, GitCompareArrows, RotateCw, Square } from "lucide-react";
import { asProblem } from "../../api/problem";
import { useCan } from "../../api/queries";
import { Button, buttonClasses } from "../../components/Button";
import { announce } from "../../components/Live";
import { Page } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { About } from "./About";
import { nameOf, rowsOf } from "./evaluationColumns";
import { Items } from "./Items";
import { Metrics } from "./Metrics";
import { Progress } from "./Progress";
import { cancelJob, type Evaluation, evaluationQuery, isUnfinished, retryJob } from "./queries";
import type { EvaluationSearch } from "./search";

const route = getRouteApi("/workspace/evaluations/$evaluationId");

export function EvaluationPage() {
  const { evaluationId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(evaluationQuery(evaluationId));
  const evaluation = query.data;
  const change = (next: EvaluationSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  return (
    <Page
      title={evaluation ? `${nameOf(evaluation)} on ${rowsOf(evaluation)}` : "Evaluation"}
      wide
      above={<Link to="/evaluations" className="hover:underline">Evaluations</Link>}
      description={evaluation && <span>{evaluation.model}, started by <Principal id={evaluation.actor_id} /> <TimeAgo at={evaluation.created_at} /></span>}
      actions={evaluation && <Actions evaluation={evaluation} />}
    >
      <Loaded query={query}>
        {(found) => (
          <>
            {(isUnfinished(found) || found.metrics === null) && <Progress evaluation={found} />}
            {found.metrics !== null && <Metrics evaluation={found} metrics={found.metrics} onFailed={() => change({ failed: true, row: undefined })} />}
            <About evaluation={found} />
            <Items evaluation={found} search={search} onChange={change} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Actions({ evaluation }: { evaluation: Evaluation }) {
  const client = useQueryClient();
  const mayWrite = useCan("jobs:write");
  const mayRun = useCan("evaluations:run");
  const mayLabel = useCan("evaluations:label");
  const judge = evaluation.metrics?.find((metric) => metric.type === "judge")?.scorer;
  const { name, number, dataset_name, dataset_number, split, scorers, job_id, state } = evaluation;

  async function act(run: (id: string) => Promise<unknown>, told: string) {
    try {
      await run(job_id);
      announce(told);
      await client.invalidateQueries({ queryKey: ["evaluations"] });
    } catch (error) {
      announce(asProblem(error).message, "bad");
    }
  }

  return (
    <>
      {mayWrite && isUnfinished(evaluation) && (
        <Button key="cancel" icon={Square} onClick={() => void act(cancelJob, "The evaluation is cancelled; what was run is kept.")}>Cancel</Button>
      )}
      {mayWrite && (state === "failed" || state === "cancelled") && (
        <Button key="retry" icon={RotateCw} onClick={() => void act(retryJob, "It goes on where it was.")}>Go on</Button>
      )}
      {mayRun && (
        <Link
          to="/evaluations"
          search={{ start: { subject: `${name}/${number}`, dataset: `${dataset_name}/${dataset_number}`, split, scorers } }}
          className={buttonClasses()}
        >
          Start another like it
        </Link>
      )}
      {mayLabel && judge !== undefined && (
        <Link
          to="/evaluations/$evaluationId/labelling"
          params={{ evaluationId: evaluation.id }}
          search={{ scorer: judge }}
          className={buttonClasses()}
        >
          <Gavel aria-hidden className="size-4" />
          Judge outputs
        </Link>
      )}
      {evaluation.metrics !== null && (
        <Link to="/evaluations" search={{ dataset: dataset_name, pick: [evaluation.id] }} className={buttonClasses("primary")}>
          <GitCompareArrows aria-hidden className="size-4" />
          Compare with…
        </Link>
      )}
    </>
  );
}
