import { Badge } from "../../components/Badge";
import { Card } from "../../components/Page";
import { TimeAgo } from "../../components/TimeAgo";
import type { ReleaseRequest } from "./queries";
import { approvalsLeft } from "./words";

/** Who said what of a request. */
export function Approvals({ request }: { request: ReleaseRequest }) {
  const { approvals, approvals_needed: needed } = request;
  return (
    <Card title="Approvals" actions={<span className="text-sm text-muted">{neededInWords(request)}</span>} flush>
      {approvals.length === 0 ? (
        <p className="p-4 text-sm text-muted">
          {needed === 0 ? "The gates ask for nobody's word; a rejection stops the release all the same." : "Nobody has said anything yet. Who wrote the version is not asked."}
        </p>
      ) : (
        <ul aria-label="Approvals and rejections" className="divide-y divide-line">
          {approvals.map((one) => (
            <li key={`${one.actor_id} ${one.created_at}`} className="flex flex-col gap-0.5 px-4 py-2.5 text-sm">
              <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <Badge tone={one.approved ? "good" : "bad"}>{one.approved ? "approved" : "rejected"}</Badge>
                <span className="font-medium break-words" title={one.actor_id}>{one.actor_name}</span>
                <span className="text-xs text-muted"><TimeAgo at={one.created_at} /></span>
              </span>
              {one.comment && <span className="break-words whitespace-pre-wrap">{one.comment}</span>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function neededInWords(request: ReleaseRequest): string {
  const needed = request.approvals_needed;
  if (needed === 0) return "none needed";
  return `${needed - approvalsLeft(request)} of ${needed} ${needed === 1 ? "person" : "persons"}`;
}
