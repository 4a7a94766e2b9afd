import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useNamespace } from "../../app/routes";
import { Page } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { Actions } from "./Actions";
import { Approvals } from "./Approvals";
import { Evidence } from "./Evidence";
import { StateBadge } from "./labels";
import { MoveCard } from "./MoveCard";
import { type ReleaseRequest, requestQuery } from "./queries";
import { Standing } from "./Standing";
import { targetOf } from "./words";

const route = getRouteApi("/workspace/releases/$requestId");

/** One request for a release: how it stands first, then what moves, the evidence, and who said what. */
export function RequestPage() {
  const { requestId } = route.useParams();
  const namespace = useNamespace();
  const query = useQuery(requestQuery(namespace, requestId));
  const request = query.data;
  return (
    <Page
      title={request ? `${targetOf(request)} to version ${request.version}` : "Request for a release"}
      above={<Link to="/releases" className="hover:underline">Releases</Link>}
      description={request && <About request={request} />}
      actions={request && <Actions request={request} />}
    >
      <Loaded query={query}>
        {(found) => (
          <>
            <Standing request={found} />
            <MoveCard request={found} />
            <Evidence gates={found.gates} />
            <Approvals request={found} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function About({ request: { state, requested_by: by, created_at: at } }: { request: ReleaseRequest }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <StateBadge state={state} />
      <span>asked for by <Principal id={by} /> <TimeAgo at={at} /></span>
    </span>
  );
}
