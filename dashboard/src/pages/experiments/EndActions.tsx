import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { CircleStop, Play, Trophy } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../api/queries";
import { Button } from "../../components/Button";
import { ConfirmDialog } from "../../components/Dialog";
import { TextArea } from "../../components/Field";
import { announce } from "../../components/Live";
import { explainRefusal } from "../releases/Refusal";
import { PromoteDialog } from "./PromoteDialog";
import { analysisQuery, type Detail, startExperiment, stopExperiment } from "./queries";
import type { ExperimentSearch } from "./search";

const route = getRouteApi("/workspace/experiments/$name");

/** Start, stop and promote; what can't be done says why. */
export function EndActions({ experiment }: { experiment: Detail }) {
  const { ask, arm } = route.useSearch();
  const navigate = route.useNavigate();
  const mayWrite = useCan("experiments:write");
  const mayMove = useCan("labels:write");
  const isRunning = experiment.state === "running";
  const isDraft = experiment.state === "draft";
  const open = (next: Pick<ExperimentSearch, "ask" | "arm">) =>
    void navigate({ search: (old) => ({ ...old, ask: undefined, arm: undefined, ...next }), replace: true, resetScroll: false });
  const close = () => open({});
  const why = whyNot(experiment, mayWrite, mayMove);
  return (
    <div className="flex flex-col gap-1 sm:items-end">
      <div className="flex flex-wrap gap-2">
        {isDraft ? (
          <Button look="primary" icon={Play} disabled={!mayWrite || !mayMove} onClick={() => open({ ask: "start" })}>Start…</Button>
        ) : (
          <>
            <Button look="danger" icon={CircleStop} disabled={!isRunning || !mayWrite} onClick={() => open({ ask: "stop" })}>Stop…</Button>
            <PromoteButton experiment={experiment} disabled={!isRunning || !mayWrite || !mayMove} onClick={(winner) => open({ ask: "promote", arm: winner })} />
          </>
        )}
      </div>
      {why && <p className="text-xs text-muted">{why}</p>}
      {ask === "start" && isDraft && mayWrite && mayMove && <StartDialog experiment={experiment} onClose={close} />}
      {ask === "stop" && isRunning && mayWrite && <StopDialog experiment={experiment} onClose={close} />}
      {ask === "promote" && isRunning && mayWrite && mayMove && (
        <PromoteDialog experiment={experiment} arm={arm} onArm={(next) => open({ ask: "promote", arm: next })} onClose={close} />
      )}
    </div>
  );
}

function whyNot({ state }: Detail, mayWrite: boolean, mayMove: boolean): string | null {
  if (state !== "running" && state !== "draft") return `It has ended (${state.replaceAll("_", " ")}).`;
  if (!mayWrite) return "Your key lacks the scope experiments:write.";
  if (!mayMove) return `To ${state === "draft" ? "start it" : "promote"}, your key needs the scope labels:write too.`;
  return null;
}

/** Proposes the winner, where there is one. */
function PromoteButton({ experiment, disabled, onClick }: { experiment: Detail; disabled: boolean; onClick: (winner: string | undefined) => void }) {
  const { data } = useQuery({
    ...analysisQuery(experiment.namespace, experiment.name, experiment.state === "running"),
    enabled: !disabled,
  });
  const winner = data?.conclusion.decision === "winner" ? (data.conclusion.arm ?? undefined) : undefined;
  return (
    <Button look={winner ? "primary" : "secondary"} icon={Trophy} disabled={disabled} onClick={() => onClick(winner)}>
      {winner ? `Promote ${winner}…` : "Promote an arm…"}
    </Button>
  );
}

function StartDialog({ experiment: { namespace, name, artifact, label }, onClose }: { experiment: Detail; onClose: () => void }) {
  const client = useQueryClient();
  return (
    <ConfirmDialog
      open onClose={onClose} title={`Start ${name}`} confirm="Start the experiment" explain={(error) => explainRefusal(error)}
      onConfirm={() => startExperiment(client, namespace, name)}
    >
      From now on, units that ask for {artifact}@{label} get one of the arms.
    </ConfirmDialog>
  );
}

function StopDialog({ experiment: { namespace, name, artifact, label }, onClose }: { experiment: Detail; onClose: () => void }) {
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  return (
    <ConfirmDialog
      open danger onClose={onClose} title={`Stop ${name}`} confirm="Stop for good"
      onConfirm={async () => {
        await stopExperiment(client, namespace, name, reason);
        announce(`${name} has ended; ${label} stays where it is.`);
      }}
    >
      <div className="flex flex-col gap-3">
        <p>
          Everybody gets {artifact}@{label} as it is, which stays where it points. A stopped experiment does not start again; late
          feedback still counts.
        </p>
        <TextArea label="Reason (optional)" hint="Kept with the experiment." value={reason} maxLength={2000} onChange={(event) => setReason(event.target.value)} />
      </div>
    </ConfirmDialog>
  );
}
