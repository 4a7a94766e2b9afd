import { useQuery } from "@tanstack/react-query";
import { Code } from "../../components/Code";
import { CopyButton } from "../../components/CopyButton";
import { Digest } from "../../components/Digest";
import { Facts } from "../../components/Facts";
import { formatCount } from "../../components/format";
import { Card } from "../../components/Page";
import { Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { stateQuery } from "./queries";

/** The tree as it was last signed. */
export function LogCard() {
  const query = useQuery(stateQuery);
  return (
    <Card title="The log">
      <Loaded query={query}>
        {(log) => (
          <div className="flex flex-col gap-3">
            <Facts
              facts={[
                ["Leaves", <span key="leaves" className="font-medium">{formatCount(log.tree_size)}</span>],
                ["Last signed", <TimeAgo key="signed" at={log.signed_at} />],
                ["Waiting", log.waiting === 0 ? "none" : `${formatCount(log.waiting)} for their number`],
                ["Signed by", <span key="origin" className="font-mono text-xs">{log.origin}</span>],
                ["Root", <Digest key="root" value={log.root} label="root" characters={24} />],
              ]}
            />
            <details>
              <summary className="text-sm font-medium text-accent-ink">Show the signed checkpoint</summary>
              <div className="mt-2 flex flex-col gap-2">
                <Code text={log.checkpoint} label="Signed checkpoint" />
                <div className="flex flex-wrap items-center gap-2">
                  <CopyButton value={log.checkpoint} label="Copy the checkpoint" withText />
                  <p className="text-xs text-muted">Keep a copy elsewhere: a later log that does not extend it was rewritten.</p>
                </div>
              </div>
            </details>
          </div>
        )}
      </Loaded>
    </Card>
  );
}
