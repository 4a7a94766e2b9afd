import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ProgressBar } from "../documents/ProgressBar";
import { useJobs } from "../documents/useJobs";
import { MissingList } from "./MissingList";
import type { ReleaseRequest } from "./queries";
import { standingInWords } from "./words";

/** How a request stands, and what is still missing. */
export function Standing({ request }: { request: ReleaseRequest }) {
  const { state, kind, name, label } = request;
  // The headline says it.
  const missing = request.missing.filter((one) => one.code !== "gate.evidence_running");
  return (
    <section aria-label="How it stands" className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4">
      <p role="status" className="text-lg font-semibold break-words">{standingInWords(request)}</p>
      {state === "evaluating" && <Progress request={request} />}
      {missing.length > 0 && <MissingList missing={missing} />}
      {state === "released" && kind === "prompt" && (
        <p className="text-sm text-muted">
          The certificate of the move stands in the <Link to="/prompts/$name/labels" params={{ name }} search={{ label }} className="text-accent-ink underline">history of the label</Link>.
        </p>
      )}
    </section>
  );
}

function Progress({ request: { job_id: job, progress_done: reported, progress_total: total } }: { request: ReleaseRequest }) {
  const client = useQueryClient();
  const jobs = useJobs([job], () => void client.invalidateQueries({ queryKey: ["releases"] }));
  const found = jobs.get(job);
  const done = Math.max(found?.progress_done ?? 0, reported);
  const all = found?.progress_total || total;
  return (
    <div className="flex flex-col gap-2 text-sm">
      <p className="text-muted">
        {done === 0 ? "Waiting for its turn." : `${done} of ${all} rows are run.`} It goes on without this page.
      </p>
      <ProgressBar label="Progress of the evaluations" share={all > 0 ? done / all : null} />
    </div>
  );
}
