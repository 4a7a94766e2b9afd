import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { useMemo } from "react";
import { Badge } from "../../components/Badge";
import { DataTable } from "../../components/DataTable";
import { Digest } from "../../components/Digest";
import { formatCount } from "../../components/format";
import { Card } from "../../components/Page";
import type { Analysis, Detail } from "./queries";
import { formatShare } from "./words";

interface Row {
  name: string;
  version: number;
  lockDigest: string;
  isControl: boolean;
  units: number;
  share: number | null;
  intended: number;
  now: number;
}

/** Who got what, and whether as intended; below, what is not counted. */
export function ArmsCard({ experiment, analysis }: { experiment: Detail; analysis: Analysis }) {
  const { kind, artifact } = experiment;
  const rows: Row[] = experiment.arms.map((arm, place) => {
    const counted = analysis.arms[place];
    return {
      name: arm.name, version: arm.version, lockDigest: arm.lock_digest, isControl: place === 0, now: arm.share,
      units: counted?.units ?? 0, share: counted?.share ?? null, intended: counted?.intended_share ?? arm.weight,
    };
  });
  const columns = useMemo(() => columnsOf(kind, artifact, analysis.biased), [kind, artifact, analysis.biased]);
  return (
    <Card title="Arms" flush>
      <DataTable label="Arms" columns={columns} rows={rows} rowKey={(row) => row.name} />
      <Uncounted analysis={analysis} />
    </Card>
  );
}

function columnsOf(kind: string, artifact: string, isAdaptive: boolean): ColumnDef<Row, unknown>[] {
  return [
    {
      header: "Arm",
      cell: ({ row: { original } }) => (
        <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
          <span className="font-medium break-all">{original.name}</span>
          {original.isControl && <Badge>control</Badge>}
        </span>
      ),
    },
    {
      header: "Version",
      cell: ({ row: { original } }) =>
        kind === "prompt" ? (
          <Link to="/prompts/$name" params={{ name: artifact }} search={{ version: String(original.version) }} className="hover:underline">
            version {original.version}
          </Link>
        ) : (
          `version ${original.version}`
        ),
    },
    { header: "Lock", cell: ({ row }) => <Digest value={row.original.lockDigest} label="lock's digest" characters={8} />, meta: { hideWhenNarrow: true } },
    { header: "Units", cell: ({ row }) => formatCount(row.original.units), meta: { align: "right" } },
    {
      header: "Share / intended",
      cell: ({ row: { original } }) => (
        <>
          <span className="whitespace-nowrap">{formatShare(original.share)} /</span> <span className="whitespace-nowrap">{formatShare(original.intended)}</span>
        </>
      ),
      meta: { align: "right" },
    },
    ...(isAdaptive
      ? [{ header: "Given now", cell: ({ row }: { row: { original: Row } }) => formatShare(row.original.now), meta: { align: "right" as const, hideWhenNarrow: true } }]
      : []),
  ];
}

function Uncounted({ analysis }: { analysis: Analysis }) {
  const { fallback_units: fallback, values_not_binary: notBinary } = analysis.excluded;
  const values = Object.entries(notBinary).filter(([, count]) => count > 0);
  return (
    <ul aria-label="Not counted" className="flex flex-col gap-0.5 border-t border-line px-4 py-2.5 text-xs text-muted">
      <li>{formatCount(analysis.holdback_units)} held back, who got the label as it is.</li>
      <li>{formatCount(fallback)} shown a fallback: left out, their feedback too.</li>
      {values.map(([metric, count]) => (
        <li key={metric}>{formatCount(count)} values of {metric} were neither 0 nor 1: left out.</li>
      ))}
    </ul>
  );
}
