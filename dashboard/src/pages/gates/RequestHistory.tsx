import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useNamespace } from "../../app/routes";
import { LoadMore } from "../../components/LoadMore";
import { Card } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { StateBadge } from "../releases/labels";
import { requestsQuery } from "../releases/queries";
import { moveInWords } from "../releases/words";
import type { Detail } from "./queries";

/** The requests that this gate decided on, the newest first. */
export function RequestHistory({ gate: { name, protects } }: { gate: Detail }) {
  const namespace = useNamespace();
  // The engine knows requests by what they release; a gate over one name needs no others.
  const [only, ...others] = protects.names;
  const isOne = only !== undefined && others.length === 0 && !/[*?]/.test(only);
  const query = useInfiniteQuery(requestsQuery(namespace, "all", isOne ? { kind: protects.kind, name: only } : undefined));
  const found = query.data?.pages.flatMap((page) => page.items).filter((one) => one.gates.some(({ gate }) => gate === name)) ?? [];
  return (
    <Card title="Requests" flush>
      <Loaded query={query}>
        {() =>
          found.length === 0 ? (
            <p className="p-4 text-sm text-muted">{query.hasNextPage ? "None among the newest." : "Nobody has asked for a release under this gate yet."}</p>
          ) : (
            <ul aria-label="Requests, newest first" className="divide-y divide-line">
              {found.map((one) => (
                <li key={one.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 text-sm">
                  <StateBadge state={one.state} />
                  <Link to="/releases/$requestId" params={{ requestId: one.id }} className="font-medium break-all hover:underline">{one.name}</Link>
                  <span className="grow">{moveInWords(one)}</span>
                  <span className="text-xs text-muted"><Principal id={one.requested_by} />, <TimeAgo at={one.created_at} /></span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <LoadMore query={query} />
    </Card>
  );
}
