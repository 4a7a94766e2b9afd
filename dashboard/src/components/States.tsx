/** What stands where content will be, could not be, or is not yet. */
import { CircleAlert, type LucideIcon, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { asProblem } from "../api/problem";
import { Button } from "./Button";
import { classes } from "./classes";

/** Says what to do first. */
export function EmptyState({ icon: Icon, title, children, action }: {
  icon?: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      {Icon && <Icon aria-hidden className="size-8 text-faint" strokeWidth={1.5} />}
      <h2 className="text-lg font-semibold">{title}</h2>
      {children && <div className="max-w-md text-sm text-muted">{children}</div>}
      {action && <div className="mt-2 flex gap-2">{action}</div>}
    </div>
  );
}

/** A failure in the server's own words, with what a report of it needs. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const problem = asProblem(error);
  return (
    <div role="alert" className="flex gap-3 rounded-lg border border-line bg-surface p-4">
      <CircleAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-bad" />
      <div className="flex min-w-0 grow flex-col gap-1">
        <h2 className="font-semibold">{problem.title}</h2>
        <p className="text-sm break-words">{problem.message}</p>
        <p className="font-mono text-xs break-all text-muted">
          {problem.code}
          {problem.requestId && ` · request ${problem.requestId}`}
        </p>
        {onRetry && (
          <div className="mt-2">
            <Button icon={RotateCw} onClick={onRetry}>
              Try again
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}

/** Scrolls to what has just appeared: a failure may come below what is seen of a long form. */
function reveal(part: HTMLElement | null): void {
  part?.scrollIntoView({ block: "nearest" });
}

/** Why a form's attempt failed, in view; nothing where it did not. */
export function Failure({ error, children }: { error: unknown; children?: ReactNode }) {
  if (error === null) return null;
  return <div ref={reveal}>{children ?? <ErrorState error={error} />}</div>;
}

/** Grey lines in the place of text that is on its way. */
export function Skeleton({ lines = 3, className }: { lines?: number; className?: string }) {
  return (
    <div role="status" aria-label="Loading" className={classes("flex flex-col gap-2.5 py-1", className)}>
      {Array.from({ length: lines }, (_, line) => (
        <div
          key={line}
          className="h-4 animate-pulse rounded bg-raised"
          style={{ width: `${92 - ((line * 37) % 45)}%` }}
        />
      ))}
    </div>
  );
}

interface QueryLike<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** Shows a query's data, or whichever of the states above it is in. */
export function Loaded<T>({ query, children, loading }: {
  query: QueryLike<T>;
  children: (data: T) => ReactNode;
  loading?: ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <>{loading ?? <Skeleton />}</>;
}
