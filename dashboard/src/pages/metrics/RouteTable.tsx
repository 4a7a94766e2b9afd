import { useQuery } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import type { Schema } from "../../api/client";
import { DataTable } from "../../components/DataTable";
import { formatCount } from "../../components/format";
import { Card } from "../../components/Page";
import { Loaded } from "../../components/States";
import { formatValue } from "./charts";
import { routesQuery } from "./queries";
import type { Range } from "./search";

type RouteUse = Schema<"RouteUse">;

export function routeName(use: RouteUse): string {
  return `${use.method} ${use.route}`;
}

/** Every route that was asked for; a click narrows the charts to it. */
export function RouteTable({ range, chosen, onChoose }: {
  range: Range;
  chosen: string | undefined;
  onChoose: (route: string | undefined) => void;
}) {
  const query = useQuery(routesQuery(range));
  const columns: ColumnDef<RouteUse, unknown>[] = [
    {
      header: "Route",
      cell: ({ row: { original: use } }) => (
        <button
          type="button"
          aria-pressed={routeName(use) === chosen}
          onClick={(event) => {
            event.stopPropagation();
            onChoose(routeName(use) === chosen ? undefined : routeName(use));
          }}
          className="text-left font-mono text-xs break-all hover:underline"
        >
          <span className="text-muted">{use.method}</span> {use.route}
        </button>
      ),
    },
    { header: "Requests", cell: ({ row }) => formatCount(row.original.requests), meta: { align: "right" } },
    { header: "Refused (4xx)", cell: ({ row }) => formatCount(row.original.refused), meta: { align: "right", hideWhenNarrow: true } },
    {
      header: "Failed (5xx)",
      cell: ({ row: { original: use } }) => (
        <span className={use.failed > 0 ? "font-medium text-bad" : ""}>{formatCount(use.failed)}</span>
      ),
      meta: { align: "right" },
    },
    { header: "Median", cell: ({ row }) => formatValue("latency", row.original.p50), meta: { align: "right", hideWhenNarrow: true } },
    { header: "95th percentile", cell: ({ row }) => formatValue("latency", row.original.p95), meta: { align: "right" } },
    { header: "99th percentile", cell: ({ row }) => formatValue("latency", row.original.p99), meta: { align: "right", hideWhenNarrow: true } },
  ];
  return (
    <Card title="Routes" flush>
      <Loaded query={query}>
        {({ routes }) =>
          routes.length === 0 ? (
            <p className="p-4 text-sm text-muted">Nobody asked the engine for anything.</p>
          ) : (
            <DataTable
              label="Routes"
              columns={columns}
              rows={routes}
              rowKey={routeName}
              selectedKey={chosen}
              onSelect={(use) => onChoose(routeName(use) === chosen ? undefined : routeName(use))}
              height="28rem"
            />
          )
        }
      </Loaded>
    </Card>
  );
}
