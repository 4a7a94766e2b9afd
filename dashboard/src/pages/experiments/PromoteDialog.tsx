import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ConfirmDialog } from "../../components/Dialog";
import { SelectField, TextArea } from "../../components/Field";
import { announce } from "../../components/Live";
import { promptQuery } from "../prompts/queries";
import { explainRefusal } from "../releases/Refusal";
import { analysisQuery, type Detail, promoteArm } from "./queries";

/** Asks which arm the label goes to, says what moves where, and moves it through the gate. */
export function PromoteDialog({ experiment, arm: asked, onArm, onClose }: {
  experiment: Detail;
  arm: string | undefined;
  onArm: (arm: string) => void;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const { namespace, name, kind, artifact, label, arms } = experiment;
  const [reason, setReason] = useState("");
  const chosen = arms.find((one) => one.name === asked);
  const now = useQuery({ ...promptQuery(namespace, artifact, label), enabled: kind === "prompt" }).data?.number;
  const analysis = useQuery(analysisQuery(namespace, name, true)).data;
  const isWinner = analysis?.conclusion.decision === "winner" && analysis.conclusion.arm === asked;
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title="Promote an arm"
      confirm={chosen ? `Move ${label} to ${chosen.version}` : "Promote"}
      disabled={chosen === undefined}
      explain={(error) => chosen && explainRefusal(error, { namespace, kind, name: artifact, label, version: chosen.version, reason })}
      onConfirm={async () => {
        if (chosen === undefined) return;
        await promoteArm(client, namespace, name, chosen.name, reason);
        announce(`${artifact}@${label} is now version ${chosen.version}; ${name} has ended.`);
      }}
    >
      <div className="flex flex-col gap-3">
        <SelectField label="Arm" value={asked ?? ""} onChange={(event) => onArm(event.target.value)}>
          {chosen === undefined && <option value="">Choose…</option>}
          {arms.map((one, place) => (
            <option key={one.name} value={one.name}>
              {one.name} (version {one.version}{place === 0 ? ", the control" : ""})
            </option>
          ))}
        </SelectField>
        <TextArea label="Reason (optional)" hint="Kept with the experiment and the move." value={reason} maxLength={2000} onChange={(event) => setReason(event.target.value)} />
        <p role="status">{chosen ? `${moveInWords(`${artifact}@${label}`, now, chosen.version)} Everybody gets it from then on, and the experiment ends.` : "Choose an arm."}</p>
        {chosen && !isWinner && (
          <p>
            <strong className="text-warn">Not shown to be better.</strong> {analysis?.conclusion.text ?? ""} A gate on the label may refuse the move.
          </p>
        )}
      </div>
    </ConfirmDialog>
  );
}

function moveInWords(target: string, now: number | undefined, version: number): string {
  if (now === version) return `${target} points at version ${version} already, and stays there.`;
  return now === undefined ? `${target} moves to version ${version}.` : `${target} moves from version ${now} to version ${version}.`;
}
