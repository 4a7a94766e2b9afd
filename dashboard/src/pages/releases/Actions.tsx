import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Rocket, ShieldAlert, ThumbsDown, ThumbsUp } from "lucide-react";
import type { Schema } from "../../api/client";
import { meQuery, useCan } from "../../api/queries";
import { Button } from "../../components/Button";
import { AskAgain } from "./AskAgain";
import { OverrideDialog, ReleaseDialog, SayDialog } from "./dialogs";
import { isOpen, type ReleaseRequest } from "./queries";
import type { Question } from "./search";
import { approvalsLeft } from "./words";

const route = getRouteApi("/workspace/releases/$requestId");

/** Approve, reject, release; and for owners the way past the gate. What can't be done says why. */
export function Actions({ request }: { request: ReleaseRequest }) {
  const { ask } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: me } = useQuery(meQuery);
  const mayApprove = useCan("gates:approve");
  const mayMove = useCan("labels:write");
  const mayOverride = useCan("labels:override") && mayMove;
  const open = (next: Question | undefined) =>
    void navigate({ search: (old) => ({ ...old, ask: next }), replace: true, resetScroll: false });
  const close = () => open(undefined);
  const why = whyNoWord(request, mayApprove, me?.principal);
  if (request.state === "released") return null;
  return (
    <div className="flex flex-col gap-1 sm:items-end">
      <div className="flex flex-wrap gap-2">
        {mayOverride && request.state !== "ready" && (
          <Button look="danger" icon={ShieldAlert} onClick={() => open("override")}>Promote without proof…</Button>
        )}
        {isPast(request) && <AskAgain request={request} />}
        <Button icon={ThumbsDown} disabled={why !== null} onClick={() => open("reject")}>Reject…</Button>
        <Button icon={ThumbsUp} look={why === null && approvalsLeft(request) > 0 ? "primary" : "secondary"} disabled={why !== null} onClick={() => open("approve")}>Approve…</Button>
        <Button icon={Rocket} look={request.state === "ready" && mayMove ? "primary" : "secondary"} disabled={request.state !== "ready" || !mayMove} onClick={() => open("release")}>Release…</Button>
      </div>
      {why && <p className="text-xs text-muted">{why}</p>}
      {!mayMove && <p className="text-xs text-muted">To release, your key needs the scope labels:write.</p>}
      {(ask === "approve" || ask === "reject") && why === null && <SayDialog request={request} isApproval={ask === "approve"} onClose={close} />}
      {ask === "release" && request.state === "ready" && mayMove && <ReleaseDialog request={request} onClose={close} />}
      {ask === "override" && request.state !== "ready" && mayOverride && <OverrideDialog request={request} onClose={close} />}
    </div>
  );
}

/** Whether the evidence speaks of something else by now, or could not be gathered. */
function isPast({ state, missing }: ReleaseRequest): boolean {
  return state === "stale" || missing.some((one) => one.code === "gate.evidence_broken");
}

function whyNoWord(request: ReleaseRequest, mayApprove: boolean, me: Schema<"PrincipalOut"> | undefined): string | null {
  if (!isOpen(request) && request.state !== "rejected") return "As it was asked for, it can't be released.";
  if (me?.kind === "machine") return "Only persons approve or reject.";
  if (me?.id === request.author_id) return "You wrote this version: others approve it.";
  return mayApprove ? null : "To approve or reject, your key needs the scope gates:approve.";
}
