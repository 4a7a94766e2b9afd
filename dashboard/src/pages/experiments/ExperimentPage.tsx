import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useNamespace } from "../../app/routes";
import { Page } from "../../components/Page";
import { Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { ArmsCard } from "./ArmsCard";
import { Comparisons } from "./Comparisons";
import { ConclusionCard, MismatchBanner } from "./Conclusion";
import { EndActions } from "./EndActions";
import { Events } from "./Events";
import { StateBadge } from "./labels";
import { PlanCard } from "./PlanCard";
import { analysisQuery, type Detail, experimentQuery } from "./queries";
import { formatShare } from "./words";

const route = getRouteApi("/workspace/experiments/$name");

/** One experiment: what may be concluded first, then the figures behind it, then how it came to be. */
export function ExperimentPage() {
  const { name } = route.useParams();
  const namespace = useNamespace();
  const query = useQuery(experimentQuery(namespace, name));
  return (
    <Page
      title={name}
      above={<Link to="/experiments" className="hover:underline">Experiments</Link>}
      description={query.data && <Subject experiment={query.data} />}
      actions={query.data && <EndActions experiment={query.data} />}
    >
      <Loaded query={query}>{(experiment) => <Body experiment={experiment} />}</Loaded>
    </Page>
  );
}

function Subject({ experiment }: { experiment: Detail }) {
  const { kind, artifact, label, state, traffic, started_at: startedAt, ended_at: endedAt } = experiment;
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <StateBadge state={state} />
      {kind === "prompt" ? (
        <Link to="/prompts/$name" params={{ name: artifact }} search={{ version: label }} className="break-all hover:underline">
          {artifact}@{label}
        </Link>
      ) : (
        <span className="break-all">{kind} {artifact}@{label}</span>
      )}
      {state === "running" && <span>· {formatShare(traffic)} of the traffic</span>}
      {startedAt && <span>· since <TimeAgo at={startedAt} /></span>}
      {endedAt && <span>· ended <TimeAgo at={endedAt} /></span>}
    </span>
  );
}

function Body({ experiment }: { experiment: Detail }) {
  const { namespace, name, state } = experiment;
  const hasBegun = state !== "draft";
  const analysis = useQuery({ ...analysisQuery(namespace, name, state === "running"), enabled: hasBegun });
  return (
    <>
      {!hasBegun && (
        <p className="rounded-lg border border-line bg-surface p-4 text-sm">
          It has not started: everybody gets the label as it is. Nothing of the plan can be changed; start it, or make another one.
        </p>
      )}
      {hasBegun && (
        <Loaded query={analysis}>
          {(found) => (
            <>
              {found.ratio_mismatch.alarm && <MismatchBanner mismatch={found.ratio_mismatch} />}
              <ConclusionCard experiment={experiment} analysis={found} />
              <ArmsCard experiment={experiment} analysis={found} />
              <Comparisons analysis={found} />
            </>
          )}
        </Loaded>
      )}
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-2">
        <PlanCard experiment={experiment} />
        <Events experiment={experiment} />
      </div>
    </>
  );
}
