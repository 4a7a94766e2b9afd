import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleSlash } from "lucide-react";
import { Card } from "../../components/Page";
import { ProgressBar } from "../documents/ProgressBar";
import { useJobs } from "../documents/useJobs";
import { type Evaluation, isUnfinished } from "./queries";

/** How far an evaluation is, from its job as it goes on; or why it ended without metrics. */
export function Progress({ evaluation }: { evaluation: Evaluation }) {
  const client = useQueryClient();
  const isOn = isUnfinished(evaluation);
  const jobs = useJobs(isOn ? [evaluation.job_id] : [], () => void client.invalidateQueries({ queryKey: ["evaluations"] }));
  const job = jobs.get(evaluation.job_id);
  const done = Math.max(job?.progress_done ?? 0, evaluation.progress_done);
  const { rows, state, error_code: code, error_message: message } = evaluation;
  if (!isOn) {
    return (
      <Card>
        <div className="flex gap-2 text-sm">
          {state === "cancelled" ? <CircleSlash aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" /> : <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />}
          <div className="min-w-0 break-words">
            <p className="font-medium">{whyNot(evaluation)}</p>
            {message && <p>{message}</p>}
            {code && <p className="font-mono text-xs text-muted">{code}</p>}
          </div>
        </div>
      </Card>
    );
  }
  return (
    <Card>
      <div className="flex flex-col gap-2">
        <p className="text-sm" role="status">
          {state === "queued" ? "Waiting for its turn." : `Running: ${done} of ${rows} ${rows === 1 ? "row" : "rows"}.`}
          <span className="text-muted"> It goes on without this page.</span>
        </p>
        <ProgressBar label="Progress of the evaluation" share={rows > 0 ? done / rows : null} />
      </div>
    </Card>
  );
}

function whyNot({ state, split, progress_done: done, rows }: Evaluation): string {
  if (state === "succeeded") return `What the split ${split} scored is for gates alone.`;
  return `${state === "cancelled" ? "Cancelled" : "Failed"} after ${done} of ${rows} rows; there are no metrics.`;
}
