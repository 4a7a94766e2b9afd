import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { LockKeyhole } from "lucide-react";
import type { ReactNode } from "react";
import { meQuery, useCan } from "../../api/queries";
import { Page } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import { Tabs } from "../../components/Tabs";
import { type Evaluation, evaluationQuery } from "../evaluations/queries";
import { CalibrationTab } from "./CalibrationTab";
import { JudgeTab } from "./JudgeTab";

const route = getRouteApi("/workspace/evaluations/$evaluationId/labelling");
const TABS = [
  { name: "judge", label: "Judge outputs" },
  { name: "calibration", label: "How well the judge agrees" },
] as const;

/** People judge outputs, blind; what they say tells how far a judge can be believed. */
export function LabellingPage() {
  const { evaluationId } = route.useParams();
  const { scorer } = route.useSearch();
  const query = useQuery(evaluationQuery(evaluationId));
  return (
    <Page
      title={scorer ? `Label for ${scorer}` : "Label outputs"}
      above={<Link to="/evaluations/$evaluationId" params={{ evaluationId }} className="hover:underline">Evaluation</Link>}
      description={query.data && `${query.data.name}/${query.data.number} on ${query.data.dataset_name}/${query.data.dataset_number}, ${query.data.split}. No verdict of the judge or of others is shown while you decide.`}
    >
      <Loaded query={query}>
        {(evaluation) =>
          scorer === undefined ? <Choice evaluation={evaluation} /> : <Parts key={scorer} evaluation={evaluation} scorer={scorer} />
        }
      </Loaded>
    </Page>
  );
}

function Choice({ evaluation }: { evaluation: Evaluation }) {
  return (
    <EmptyState title="Whose question do you answer?">
      <ul aria-label="Scorers" className="flex flex-col gap-1">
        {evaluation.scorers.map((name) => (
          <li key={name}>
            <Link
              to="/evaluations/$evaluationId/labelling" params={{ evaluationId: evaluation.id }} search={{ scorer: name }}
              className="font-medium text-accent-ink hover:underline"
            >
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </EmptyState>
  );
}

function Parts({ evaluation, scorer }: { evaluation: Evaluation; scorer: string }) {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const version = evaluation.metrics?.find((metric) => metric.scorer === scorer)?.number;
  return (
    <Tabs
      label="Parts of labelling"
      tabs={TABS}
      value={tab ?? "judge"}
      onChange={(name) => void navigate({ search: (old) => ({ ...old, tab: name === "calibration" ? name : undefined }), replace: true })}
    >
      {tab === "calibration" ? (
        <CalibrationTab namespace={evaluation.namespace} scorer={scorer} version={version} />
      ) : (
        <IfAllowed>
          <JudgeTab evaluationId={evaluation.id} scorer={scorer} />
        </IfAllowed>
      )}
    </Tabs>
  );
}

function IfAllowed({ children }: { children: ReactNode }) {
  const me = useQuery(meQuery);
  const may = useCan("evaluations:label");
  return (
    <Loaded query={me}>
      {() =>
        may ? (
          children
        ) : (
          <EmptyState icon={LockKeyhole} title="Not for your key">
            Ask for one with the scope <code className="font-mono text-xs">evaluations:label</code>.
          </EmptyState>
        )
      }
    </Loaded>
  );
}
