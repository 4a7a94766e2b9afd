import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { formatDuration } from "../../components/format";
import { optional } from "./columns";
import { Group } from "./Group";
import { StatusBadge, subjectOf } from "./labels";
import { type Detail, executionQuery, stepsQuery, type Summary } from "./queries";

/** The execution that this one is a step of, and its own steps. */
export function Steps({ execution }: { execution: Detail }) {
  const steps = useQuery(stepsQuery(execution.id)).data ?? [];
  return (
    <>
      {execution.parent_id && (
        <Group title="Step of">
          <Parent id={execution.parent_id} />
        </Group>
      )}
      {steps.length > 0 && (
        <Group title="Steps">
          <ol className="flex flex-col gap-1">
            {[...steps].reverse().map((step) => <li key={step.id}><Line execution={step} /></li>)}
          </ol>
          {steps.length >= 200 && (
            <Link to="/executions" search={{ parent: execution.id }} className="text-sm text-accent-ink hover:underline">
              All steps
            </Link>
          )}
        </Group>
      )}
    </>
  );
}

function Parent({ id }: { id: string }) {
  const parent = useQuery(executionQuery(id)).data;
  return parent ? <Line execution={parent} /> : null;
}

function Line({ execution }: { execution: Summary }) {
  return (
    <span className="flex flex-wrap items-center gap-2 text-sm">
      <Link
        from="/executions" to="/executions" resetScroll={false} search={(search) => ({ ...search, open: execution.id })}
        className="font-medium text-accent-ink hover:underline"
      >
        {subjectOf(execution)}
      </Link>
      <StatusBadge execution={execution} />
      <span className="text-muted">{optional(execution.latency_total_ms, formatDuration)}</span>
    </span>
  );
}
