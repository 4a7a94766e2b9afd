import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNamespace } from "../../app/routes";
import { ConfirmDialog } from "../../components/Dialog";
import { TextArea } from "../../components/Field";
import { announce } from "../../components/Live";
import { approve, type ReleaseRequest, release } from "./queries";
import { explainRefusal } from "./Refusal";
import { targetOf } from "./words";

interface DialogProps {
  request: ReleaseRequest;
  onClose: () => void;
}

const LONGEST = 2000;

/** Approves or rejects, with a comment. */
export function SayDialog({ request, isApproval, onClose }: DialogProps & { isApproval: boolean }) {
  const client = useQueryClient();
  const namespace = useNamespace();
  const [comment, setComment] = useState("");
  const target = `${targetOf(request)} to version ${request.version}`;
  return (
    <ConfirmDialog
      open
      danger={!isApproval}
      onClose={onClose}
      title={isApproval ? "Approve this release" : "Reject this release"}
      confirm={isApproval ? "Approve" : "Reject"}
      onConfirm={async () => {
        await approve(client, namespace, request.id, isApproval, comment);
        announce(isApproval ? `You approved ${target}.` : `You rejected ${target}.`);
      }}
    >
      <div className="flex flex-col gap-3">
        <p>
          {isApproval
            ? `Your name stands in the certificate of ${target}. It is not released by this alone.`
            : `Nobody can release ${target} while your word stands. You can change your mind by approving.`}
        </p>
        <TextArea label="Comment (optional)" hint="Kept with the request." value={comment} maxLength={LONGEST} onChange={(event) => setComment(event.target.value)} />
      </div>
    </ConfirmDialog>
  );
}

/** Moves the label: all that the gates want is there. */
export function ReleaseDialog({ request, onClose }: DialogProps) {
  const client = useQueryClient();
  const namespace = useNamespace();
  const [reason, setReason] = useState(request.reason);
  const target = targetOf(request);
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Release version ${request.version}`}
      confirm={`Move ${request.label} to ${request.version}`}
      explain={(error) => explainRefusal(error)}
      onConfirm={async () => {
        await release(client, { ...request, namespace, reason });
        announce(`${target} is now version ${request.version}.`);
      }}
    >
      <div className="flex flex-col gap-3">
        <p>Whoever asks for {target} gets version {request.version} from then on. The move carries its certificate for ever.</p>
        <TextArea label="Reason (optional)" hint="Kept in the history." value={reason} maxLength={LONGEST} onChange={(event) => setReason(event.target.value)} />
      </div>
    </ConfirmDialog>
  );
}

/** Moves the label past its gates, by an owner who says why. */
export function OverrideDialog({ request, onClose }: DialogProps) {
  const client = useQueryClient();
  const namespace = useNamespace();
  const [reason, setReason] = useState("");
  const target = targetOf(request);
  return (
    <ConfirmDialog
      open
      danger
      onClose={onClose}
      title="Promote without proof"
      confirm="Promote without proof"
      disabled={reason.trim() === ""}
      onConfirm={async () => {
        await release(client, { ...request, namespace, reason }, true);
        announce(`${target} is now version ${request.version}, without proof.`);
      }}
    >
      <div className="flex flex-col gap-3">
        <p className="rounded-md bg-bad-soft p-3 text-bad">
          <strong>Nothing shows that version {request.version} is better.</strong> The history and the audit log will say "promoted without proof", with
          your name and what was missing, for ever. Nobody can take that out again.
        </p>
        <TextArea label="Reason" isRequired hint="Why it can't wait for the evidence." value={reason} maxLength={LONGEST} onChange={(event) => setReason(event.target.value)} />
      </div>
    </ConfirmDialog>
  );
}
