import { Upload } from "lucide-react";
import type { ReactNode } from "react";
import { ApiProblem } from "../api/problem";
import { Button } from "./Button";
import { ErrorState, Failure } from "./States";

/** The version that somebody pushed meanwhile, if that is why a push was refused. */
function newerVersion(error: unknown): number | null {
  if (!(error instanceof ApiProblem) || error.code !== "artifact.newer_version") return null;
  const latest = error.document.latest;
  return typeof latest === "number" ? latest : null;
}

/** Why a push failed; where somebody pushed meanwhile, also the ways on: look first, or push after theirs. */
export function PushFailure({ error, isBusy, look, onPush }: {
  error: unknown;
  isBusy: boolean;
  /** A link that shows what the newer version changed. */
  look?: (latest: number) => ReactNode;
  onPush: (after: number) => void;
}) {
  const latest = newerVersion(error);
  return (
    <Failure error={error}>
      <ErrorState error={error} />
      {latest !== null && (
        <div className="mt-2 flex flex-wrap items-center gap-3">
          <Button icon={Upload} busy={isBusy} onClick={() => onPush(latest)}>Push after version {latest}</Button>
          {look?.(latest)}
        </div>
      )}
    </Failure>
  );
}
