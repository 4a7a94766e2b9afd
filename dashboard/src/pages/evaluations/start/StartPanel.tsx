import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { Button } from "../../../components/Button";
import { formatCount } from "../../../components/format";
import { SelectField } from "../../../components/Field";
import { SidePanel } from "../../../components/SidePanel";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import { datasetQuery, OPEN, SEALED } from "../../datasets/queries";
import { startEvaluation } from "../queries";
import type { StartDraft } from "../search";
import { missingOf, namedBy, requestOf } from "./draft";
import { DatasetPick, PromptPick } from "./Picks";
import { Running } from "./Running";
import { Scorers } from "./Scorers";

/** What is to run, on what, scored how; all of it stands in the URL. */
export function StartPanel({ namespace, draft, onChange, onClose, onStarted }: {
  namespace: string;
  draft: StartDraft;
  onChange: (draft: StartDraft) => void;
  onClose: () => void;
  onStarted: (evaluationId: string) => void;
}) {
  const client = useQueryClient();
  const { isBusy, error, attempt } = useAttempt();
  const change = (next: StartDraft) => onChange({ ...draft, ...next });
  const missing = missingOf(draft);

  async function start() {
    await attempt(async () => {
      const started = await startEvaluation(namespace, requestOf(draft));
      await client.invalidateQueries({ queryKey: ["evaluations", "list"] });
      onStarted(started.id);
    });
  }

  return (
    <SidePanel title="Start an evaluation" onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <PromptPick namespace={namespace} value={draft.subject} onChange={(subject) => change({ subject })} />
        <DatasetPick namespace={namespace} value={draft.dataset} onChange={(dataset) => change({ dataset, split: undefined })} />
        <SplitPick namespace={namespace} draft={draft} onChange={change} />
        <Scorers namespace={namespace} chosen={draft.scorers ?? []} onChange={(scorers) => change({ scorers })} />
        <Running namespace={namespace} draft={draft} onChange={change} />
        <Failure error={error} />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look="primary" icon={Play} busy={isBusy} disabled={missing.length > 0}>Start</Button>
          {missing.length > 0 && <p role="status" className="text-xs text-muted">Choose {missing.join(", ")}.</p>}
        </div>
      </form>
    </SidePanel>
  );
}

/** The splits of the chosen version; the sealed one is named and can't be chosen. */
function SplitPick({ namespace, draft, onChange }: {
  namespace: string;
  draft: StartDraft;
  onChange: (next: StartDraft) => void;
}) {
  const named = namedBy(draft.dataset);
  const { data } = useQuery({ ...datasetQuery(namespace, named?.name ?? "", named?.choice), enabled: named !== null });
  if (!data) return null;
  const splits = Object.entries(data.splits);
  const isOnlySealed = splits.every(([name]) => name === SEALED);
  const value = draft.split ?? OPEN;
  return (
    <SelectField
      label="Split"
      value={value}
      error={isOnlySealed ? "All rows of this version are sealed: gates alone run on them." : null}
      hint={SEALED in data.splits ? "The sealed split is for gates alone." : undefined}
      onChange={(event) => onChange({ split: event.target.value === OPEN ? undefined : event.target.value })}
    >
      {!(value in data.splits) && <option value={value}>{value === OPEN ? "Choose…" : value}</option>}
      {splits.map(([name, { rows }]) => (
        <option key={name} value={name} disabled={name === SEALED}>
          {name}, {formatCount(rows)} {rows === 1 ? "row" : "rows"}{name === SEALED ? " (gates alone)" : ""}
        </option>
      ))}
    </SelectField>
  );
}
