import { useQuery } from "@tanstack/react-query";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { Json } from "../../components/Code";
import { CopyButton } from "../../components/CopyButton";
import { Digest } from "../../components/Digest";
import { Facts } from "../../components/Facts";
import { Card } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { referenceOf } from "../versions/choice";
import { bodyText, versionQuery } from "./queries";
import { strategyRoute } from "./routes";

/** One version: every value that it holds, and what it is known by. */
export function VersionTab() {
  const { name } = strategyRoute.useParams();
  const { version } = strategyRoute.useSearch();
  const query = useQuery(versionQuery(useNamespace(), referenceOf(name, version)));
  return (
    <Loaded query={query}>
      {(found) => (
        <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
          <Card title={`Version ${found.number}`} actions={<CopyButton label="Copy as JSON" value={bodyText(found.body)} />}>
            <Json label="Values" value={found.body} />
          </Card>
          <Card title="About this version">
            <Facts
              facts={[
                found.message ? ["Message", found.message] : null,
                ["Pushed", <TimeAgo key="at" at={found.created_at} />],
                ["By", <Principal key="by" id={found.author_id} />],
                [
                  "Labels",
                  <span key="labels" className="flex flex-wrap gap-1">
                    {found.labels.length === 0 ? "none" : found.labels.map((label) => <Badge key={label} tone="accent">{label}</Badge>)}
                  </span>,
                ],
                ["Digest", <Digest key="digest" value={found.digest} />],
                ["Lock", <Digest key="lock" value={found.lock_digest} label="lock's digest" />],
              ]}
            />
          </Card>
        </div>
      )}
    </Loaded>
  );
}
