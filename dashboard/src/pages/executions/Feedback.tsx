import { useQuery } from "@tanstack/react-query";
import { ThumbsDown, ThumbsUp } from "lucide-react";
import { Badge } from "../../components/Badge";
import { TimeAgo } from "../../components/TimeAgo";
import { Group } from "./Group";
import { type Feedback as One, feedbackQuery } from "./queries";

/** What people and programs said about the run. */
export function Feedback({ id }: { id: string }) {
  const given = useQuery(feedbackQuery(id)).data ?? [];
  if (given.length === 0) return null;
  return (
    <Group title="Feedback">
      <ul className="flex flex-col gap-2 text-sm">
        {given.map((one) => (
          <li key={one.id} className="flex flex-col gap-0.5">
            <span className="flex flex-wrap items-center gap-2">
              <span className="font-medium">{one.metric_name}</span>
              <Value one={one} />
              <span className="text-xs text-muted"><TimeAgo at={one.created_at} /></span>
            </span>
            {one.comment && <span className="break-words whitespace-pre-wrap text-muted">{one.comment}</span>}
          </li>
        ))}
      </ul>
    </Group>
  );
}

function Value({ one }: { one: One }) {
  if (one.content_erased) return <Badge>erased</Badge>;
  if (typeof one.value === "boolean") {
    return one.value ? <Badge tone="good" icon={ThumbsUp}>yes</Badge> : <Badge tone="bad" icon={ThumbsDown}>no</Badge>;
  }
  return <span className="min-w-0 break-words">{one.value === null ? "" : String(one.value)}</span>;
}
