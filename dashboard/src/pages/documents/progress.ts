/** How far a durable job is, as a share and in words. */
import type { Schema } from "../../api/client";

export type Job = Schema<"Job">;

/** Return how much of a job is done, 0..1; null while nobody knows how much there is. */
export function progressOf(job: Pick<Job, "progress_done" | "progress_total"> | undefined): number | null {
  if (!job || job.progress_total <= 0) return null;
  return Math.min(1, job.progress_done / job.progress_total);
}

/** Return what a job does now, in words. */
export function activityOf(job: Pick<Job, "state" | "note" | "progress_done" | "progress_total" | "failures"> | undefined): string {
  if (!job || job.state === "queued") return job && job.failures > 0 ? "waiting to try again" : "waiting";
  if (job.state !== "running") return job.state;
  if (job.progress_total > 0) return `${job.note ?? "working"}, ${job.progress_done} of ${job.progress_total} passages`;
  return job.note ?? "starting";
}
