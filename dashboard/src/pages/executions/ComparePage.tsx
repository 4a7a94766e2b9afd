import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeftRight, GitCompareArrows } from "lucide-react";
import { lazy, Suspense } from "react";
import { Button, buttonClasses } from "../../components/Button";
import { Card, Page } from "../../components/Page";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { CompareTables } from "./CompareTables";
import { contentText, outputText } from "./compare";
import { StatusBadge, titleOf } from "./labels";
import { type Detail, executionQuery } from "./queries";
import { asText } from "./readable";
import { Trace } from "./Trace";

const route = getRouteApi("/workspace/executions/compare");
const NOBODY = "00000000-0000-0000-0000-000000000000";
// The comparison of texts is large, and only this page needs it.
const TextDiff = lazy(async () => ({ default: (await import("./TextDiff")).TextDiff }));

export function ComparePage() {
  const { left, right } = route.useSearch();
  const navigate = route.useNavigate();
  const [one, other] = [left, right].map((id) => ({ ...executionQuery(id ?? NOBODY), enabled: id !== undefined }));
  const queries = [useQuery(one ?? executionQuery(NOBODY)), useQuery(other ?? executionQuery(NOBODY))] as const;
  const [first, second] = queries;
  const failed = queries.find((query) => query.error && !query.data);
  return (
    <Page
      title="Compare executions"
      wide
      above={<Link to="/executions" search={{}} className="hover:underline">Executions</Link>}
      actions={
        left && right && (
          <Button icon={ArrowLeftRight} onClick={() => void navigate({ search: (now) => ({ ...now, left: right, right: left }), replace: true })}>
            Swap sides
          </Button>
        )
      }
    >
      {!left || !right ? (
        <Card>
          <EmptyState icon={GitCompareArrows} title="Choose two executions" action={<Link to="/executions" className={buttonClasses("primary")}>To the executions</Link>}>
            Open one, choose Compare, then open the other.
          </EmptyState>
        </Card>
      ) : failed ? (
        <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />
      ) : first.data && second.data ? (
        <Comparison left={first.data} right={second.data} />
      ) : (
        <Skeleton lines={8} />
      )}
    </Page>
  );
}

function Comparison({ left, right }: { left: Detail; right: Detail }) {
  return (
    <>
      <div className="grid grid-cols-2 gap-3">
        <Side name="Left" execution={left} />
        <Side name="Right" execution={right} />
      </div>
      <CompareTables left={left} right={right} />
      <Difference title="Inputs" left={contentText(left.inputs)} right={contentText(right.inputs)} />
      {(left.messages || right.messages) && (
        <Difference title="Messages to the model" left={messagesText(left)} right={messagesText(right)} />
      )}
      <Difference title="Output" left={outputText(left)} right={outputText(right)} />
      <Card title="Traces">
        <div className="grid gap-4 lg:grid-cols-2">
          <Trace execution={left} />
          <Trace execution={right} />
        </div>
      </Card>
    </>
  );
}

function Side({ name, execution }: { name: string; execution: Detail }) {
  return (
    <section aria-label={name} className="flex min-w-0 flex-col gap-1 rounded-lg border border-line bg-surface px-4 py-3">
      <p className="text-xs text-muted">{name}</p>
      <p className="flex flex-wrap items-center gap-2">
        <Link to="/executions" search={{ open: execution.id }} className="font-semibold hover:underline">{titleOf(execution)}</Link>
        <StatusBadge execution={execution} />
      </p>
      {execution.excerpt && execution.excerpt !== titleOf(execution) && <p className="text-sm break-words">{execution.excerpt}</p>}
      <p className="text-sm text-muted"><TimeAgo at={execution.created_at} /></p>
    </section>
  );
}

function Difference({ title, left, right }: { title: string; left: string; right: string }) {
  return (
    <Card title={title}>
      {left === right ? (
        <>
          <p className="mb-2 text-sm text-muted">The same on both sides.</p>
          <div className="max-h-[50vh] overflow-auto rounded-md bg-raised p-3 text-sm break-words whitespace-pre-wrap" role="region" aria-label={title} tabIndex={0}>
            {left || <span className="text-muted">Nothing.</span>}
          </div>
        </>
      ) : (
        <Suspense fallback={<Skeleton />}>
          <TextDiff left={left} right={right} label={title} />
        </Suspense>
      )}
    </Card>
  );
}

function messagesText(execution: Detail): string {
  return (execution.messages ?? []).map((message) => `${asText(message.role ?? "")}: ${asText(message.content ?? message)}`).join("\n\n");
}
