import { Badge } from "../../components/Badge";
import { Digest } from "../../components/Digest";
import { Facts } from "../../components/Facts";
import { Card } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { TimeAgo } from "../../components/TimeAgo";
import type { Detail } from "./queries";
import { Splits } from "./Splits";

/** What a version holds, and where it came from. */
export function About({ dataset }: { dataset: Detail }) {
  const { columns, labels, tags } = dataset;
  const names = (list: readonly string[]) => list.map((name) => <code key={name} className="mr-1.5 rounded bg-raised px-1 font-mono text-xs">{name}</code>);
  return (
    <Card title={`Version ${dataset.number}`}>
      <Facts
        facts={[
          ["Rows", <Splits key="splits" splits={Object.fromEntries(Object.entries(dataset.splits).map(([split, { rows }]) => [split, rows]))} />],
          ["Inputs", names(columns.inputs)],
          ["Expected", columns.expected ? "given" : "nothing: scorers that need it will fail"],
          columns.metadata && columns.metadata.length > 0 ? ["Metadata", names(columns.metadata)] : null,
          labels.length > 0 ? ["Labels", labels.map((label) => <Badge key={label} tone="accent" className="mr-1">{label}</Badge>)] : null,
          tags.length > 0 ? ["Tags", tags.map((tag) => <Badge key={tag} className="mr-1">{tag}</Badge>)] : null,
          dataset.message ? ["Message", dataset.message] : null,
          ["Pushed", <span key="by"><Principal id={dataset.author_id} />, <TimeAgo at={dataset.created_at} /></span>],
          ["Digest", <Digest key="digest" value={dataset.digest} />],
        ]}
      />
    </Card>
  );
}
