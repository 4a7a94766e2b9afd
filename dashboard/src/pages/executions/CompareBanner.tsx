import { useQuery } from "@tanstack/react-query";
import { GitCompareArrows } from "lucide-react";
import { Button } from "../../components/Button";
import { TimeAgo } from "../../components/TimeAgo";
import { titleOf } from "./labels";
import { executionQuery } from "./queries";

/** Says what the next choice is compared with. */
export function CompareBanner({ id, onStop }: { id: string; onStop: () => void }) {
  const left = useQuery(executionQuery(id)).data;
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line bg-accent-soft px-4 py-2 text-sm">
      <GitCompareArrows aria-hidden className="size-4 text-accent-ink" />
      <p className="min-w-0 grow">
        Comparing with <span className="font-medium">{left ? titleOf(left) : id.slice(0, 8)}</span>
        {left && <> of <TimeAgo at={left.created_at} /></>}: open another execution, then choose Compare.
      </p>
      <Button look="quiet" onClick={onStop}>Stop comparing</Button>
    </div>
  );
}
