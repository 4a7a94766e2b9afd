import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { Badge } from "../../components/Badge";
import { LoadMore } from "../../components/LoadMore";
import { Card } from "../../components/Page";
import { impactQuery } from "./queries";

/** The releases that include a version of this prompt: what a change of it reaches with their next release. */
export function Impact({ namespace, name }: { namespace: string; name: string }) {
  const query = useInfiniteQuery(impactQuery(namespace, name));
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (items.length === 0) return null;
  return (
    <Card title="Stands in these releases" flush>
      <ul className="divide-y divide-line">
        {items.map((one) => (
          <Release key={`${one.kind} ${one.name} ${one.label} ${one.reference}`} release={one} />
        ))}
      </ul>
      <p className="px-4 py-2 text-xs text-muted">A release keeps what it pinned; its next release takes what the label means then.</p>
      <LoadMore query={query} />
    </Card>
  );
}

function Release({ release }: { release: Schema<"PromptImpact"> }) {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-2 text-sm">
      {release.kind === "prompt" ? (
        <Link to="/prompts/$name" params={{ name: release.name }} search={{ version: release.label }} className="font-medium hover:underline">
          {release.name}
        </Link>
      ) : (
        <span className="font-medium">{release.kind} {release.name}</span>
      )}
      <Badge tone="accent">{release.label}</Badge>
      <span className="text-muted">
        version {release.number} pins version {release.pinned_number} as <code className="font-mono text-xs">{release.reference}</code>
      </span>
    </li>
  );
}
