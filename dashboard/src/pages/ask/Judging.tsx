import { type JudgingReport, judgingIn } from "./verdict";

/** What confidence is made of, where a judge or a calibration has a part in it. */
export function Judging({ judging, own }: { judging: JudgingReport | null | undefined; own: number | null | undefined }) {
  const told = judgingIn(judging, own);
  return told === null ? null : <p className="text-sm break-words text-muted">{told}</p>;
}
