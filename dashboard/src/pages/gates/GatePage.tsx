import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { buttonClasses } from "../../components/Button";
import { Facts } from "../../components/Facts";
import { Card, Page } from "../../components/Page";
import { Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { InForce } from "./GateList";
import { Ledgers } from "./Ledgers";
import { type Detail, gateQuery } from "./queries";
import { RequestHistory } from "./RequestHistory";
import { Requirements } from "./Requirements";
import { approvalsInWords, experimentsInWords, machinesInWords, minutesInWords, percent, protectsInWords } from "./words";

const route = getRouteApi("/workspace/gates/$name");

/** One gate: what it protects, what it asks for, what its error budget still allows, and who asked. */
export function GatePage() {
  const { name } = route.useParams();
  const namespace = useNamespace();
  const mayWrite = useCan("gates:write");
  const query = useQuery(gateQuery(namespace, name));
  return (
    <Page
      title={name}
      above={<Link to="/gates" className="hover:underline">Gates</Link>}
      description={query.data && <About gate={query.data} />}
      actions={
        mayWrite && query.data && (
          <Link to="/gates/-/edit" search={{ gate: name }} className={buttonClasses()}>
            <Pencil aria-hidden className="size-4" />
            Change it
          </Link>
        )
      }
    >
      <Loaded query={query}>
        {(gate) => (
          <>
            <Requirements requirements={gate.requirements} />
            <Ledgers gate={gate} />
            <RequestHistory gate={gate} />
            <Rules gate={gate} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function About({ gate }: { gate: Detail }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <InForce gate={gate} />
      <span className="break-words">Protects {protectsInWords(gate.protects)}.</span>
      {gate.description && <span className="break-words">{gate.description}</span>}
    </span>
  );
}

function Rules({ gate }: { gate: Detail }) {
  return (
    <Card title="Who and when">
      <Facts
        facts={[
          ["Approvals", approvalsInWords(gate.approvals)],
          ["Released by", gate.movers.length === 0 ? "whoever may move labels" : gate.movers.join(", ")],
          ["Machines", machinesInWords(gate.machines)],
          ["Experiments", experimentsInWords(gate.experiments)],
          ["Between moves", minutesInWords(gate.cooldown_minutes)],
          ["Error budget", `${percent(gate.error_budget)} for all looks at one set of sealed rows, most of it shared by ${gate.planned_looks}`],
          ["Sealed rows", `${gate.minimum_rows} at the least`],
          ["Version", `${gate.number}${gate.latest === gate.number ? "" : ` of ${gate.latest}`}`],
          ["Changed", <TimeAgo key="at" at={gate.updated_at} />],
        ]}
      />
    </Card>
  );
}
