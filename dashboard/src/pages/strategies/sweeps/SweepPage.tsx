import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { RotateCw, Square } from "lucide-react";
import { asProblem } from "../../../api/problem";
import { useCan } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { SelectField } from "../../../components/Field";
import { announce } from "../../../components/Live";
import { Card, Page } from "../../../components/Page";
import { Principal } from "../../../components/Principal";
import { Loaded } from "../../../components/States";
import { TimeAgo } from "../../../components/TimeAgo";
import { ProgressBar } from "../../documents/ProgressBar";
import { useJobs } from "../../documents/useJobs";
import { cancelJob, isUnfinished, retryJob } from "../../evaluations/queries";
import { Calibrations } from "./Calibrations";
import { shortName } from "./grid";
import { Pareto } from "./Pareto";
import { Points } from "./Points";
import { type SweepDetail, sweepQuery } from "./queries";
import { Risk } from "./Risk";
import { MOST_PICKED, type SweepSearch } from "./search";

const route = getRouteApi("/workspace/strategies/-/sweeps/$sweepId");

export function SweepPage() {
  const { sweepId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(sweepQuery(sweepId, search.metric));
  const sweep = query.data;
  const change = (next: SweepSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  return (
    <Page
      title={sweep ? `${sweep.strategy}/${sweep.strategy_number}: ${sweep.options.map(({ option }) => shortName(option)).join(" × ")}` : "Sweep"}
      wide
      above={<Link to="/strategies/-/sweeps" className="hover:underline">Sweeps</Link>}
      description={sweep && (
        <span>
          in {sweep.collection}, on {sweep.dataset_name}/{sweep.dataset_number} {sweep.split} ({sweep.rows} {sweep.rows === 1 ? "row" : "rows"}),
          started by <Principal id={sweep.actor_id} /> <TimeAgo at={sweep.created_at} />
        </span>
      )}
      actions={sweep && <Actions sweep={sweep} />}
    >
      <Loaded query={query}>
        {(found) => (
          <>
            {found.state !== "succeeded" && <Standing sweep={found} />}
            <Found sweep={found} search={search} onChange={change} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Found({ sweep, search, onChange }: { sweep: SweepDetail; search: SweepSearch; onChange: (next: SweepSearch) => void }) {
  const best = sweep.points.filter((one) => one.is_optimal).map(({ position }) => position);
  const picked = search.pick ?? best.slice(0, MOST_PICKED);
  function pick(position: number) {
    onChange({ pick: picked.includes(position) ? picked.filter((one) => one !== position) : [...picked, position].slice(-MOST_PICKED) });
  }
  return (
    <>
      <SelectField label="Metric" fieldClassName="max-w-60" value={sweep.metric} onChange={(event) => onChange({ metric: event.target.value })}>
        {sweep.scorers.map((name) => <option key={name} value={name}>{name}</option>)}
      </SelectField>
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Pareto sweep={sweep} />
        <Risk sweep={sweep} picked={picked} />
      </div>
      <Calibrations sweep={sweep} picked={picked} />
      <Points sweep={sweep} picked={picked} onPick={pick} />
    </>
  );
}

/** How far it is, from its job as it goes on; or why it ended before all were evaluated. */
function Standing({ sweep }: { sweep: SweepDetail }) {
  const client = useQueryClient();
  const isOn = isUnfinished(sweep);
  const jobs = useJobs(isOn ? [sweep.job_id] : [], () => void client.invalidateQueries({ queryKey: ["sweeps"] }));
  const done = Math.max(jobs.get(sweep.job_id)?.progress_done ?? 0, sweep.progress_done);
  const evaluated = `${sweep.combinations_done} of ${sweep.combinations} combinations`;
  return (
    <Card>
      <div className="flex flex-col gap-2 text-sm">
        <p role="status">
          {sweep.state === "queued" && "Waiting for its turn. It goes on without this page."}
          {sweep.state === "running" && `Running: ${evaluated}, ${done} of ${sweep.progress_total} rows. It goes on without this page.`}
          {!isOn && `${sweep.state === "cancelled" ? "Cancelled" : "Failed"} after ${evaluated}; these stand below.`}
        </p>
        {isOn && <ProgressBar label="Progress of the sweep" share={sweep.progress_total > 0 ? done / sweep.progress_total : null} />}
        {sweep.error_message && !isOn && <p className="break-words text-muted">{sweep.error_message}</p>}
      </div>
    </Card>
  );
}

function Actions({ sweep }: { sweep: SweepDetail }) {
  const client = useQueryClient();
  if (!useCan("jobs:write")) return null;

  async function act(run: (id: string) => Promise<unknown>, told: string) {
    try {
      await run(sweep.job_id);
      announce(told);
      await client.invalidateQueries({ queryKey: ["sweeps"] });
    } catch (error) {
      announce(asProblem(error).message, "bad");
    }
  }

  if (isUnfinished(sweep)) {
    return <Button icon={Square} onClick={() => void act(cancelJob, "The sweep is cancelled; what is evaluated is kept.")}>Cancel</Button>;
  }
  if (sweep.state === "succeeded") return null;
  return <Button icon={RotateCw} onClick={() => void act(retryJob, "It goes on where it was.")}>Go on</Button>;
}
