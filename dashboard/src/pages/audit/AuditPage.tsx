import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ScrollText, SearchX } from "lucide-react";
import { useCan } from "../../api/queries";
import { Button } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { useListKeys } from "../../components/keys";
import { LoadMore } from "../../components/LoadMore";
import { Card, Page } from "../../components/Page";
import { WithPanel } from "../../components/SidePanel";
import { EmptyState, Loaded, Skeleton } from "../../components/States";
import { principalsQuery } from "../executions/queries";
import { AuditFilterBar } from "./AuditFilterBar";
import { entryColumns } from "./entryColumns";
import { EntryPanel } from "./EntryPanel";
import { LogCard } from "./LogCard";
import { OfflineCheck } from "./OfflineCheck";
import { entriesQuery } from "./queries";
import { activeFilters, type AuditFilters, NO_FILTERS } from "./search";
import { VerifyCard } from "./VerifyCard";

const route = getRouteApi("/workspace/audit");

export function AuditPage() {
  const { open, kind, subject, actor, since, until } = route.useSearch();
  const navigate = route.useNavigate();
  const filters: AuditFilters = { kind, subject, actor, since, until };
  const query = useInfiniteQuery(entriesQuery(filters));
  const people = useQuery(principalsQuery(useCan("identity:read"))).data;
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const select = (id: string | undefined) =>
    void navigate({ search: (now) => ({ ...now, open: id }), replace: open !== undefined && id !== undefined, resetScroll: false });
  const change = (changes: AuditFilters) => void navigate({ search: (now) => ({ ...now, ...changes }), replace: true, resetScroll: false });
  useListKeys({ keys: rows.map((row) => row.id), selected: open, select });
  return (
    <Page title="Audit" wide description="What happened, provably: every change is a leaf of one signed, append-only tree.">
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <LogCard />
        <VerifyCard />
      </div>
      <OfflineCheck />
      <AuditFilterBar filters={filters} people={people} onChange={change} />
      <WithPanel
        panel={open && <EntryPanel key={open} id={open} onClose={() => select(undefined)} />}
      >
        <Loaded query={query} loading={<Card><Skeleton lines={8} /></Card>}>
          {() => (
            <Card flush>
              {rows.length === 0 ? (
                activeFilters(filters) > 0 ? (
                  <EmptyState icon={SearchX} title="No entry fits" action={<Button onClick={() => change(NO_FILTERS)}>Clear the filters</Button>} />
                ) : (
                  <EmptyState icon={ScrollText} title="Nothing has happened yet">
                    Push a prompt, move a label or run something: each leaves an entry here.
                  </EmptyState>
                )
              ) : (
                <DataTable
                  label="Audit entries" columns={entryColumns} rows={rows} rowKey={(row) => row.id}
                  selectedKey={open} onSelect={(row) => select(row.id)} height="calc(100dvh - 12rem)"
                />
              )}
              <LoadMore query={query} />
            </Card>
          )}
        </Loaded>
      </WithPanel>
    </Page>
  );
}
