import { ShieldAlert, ShieldCheck } from "lucide-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Facts } from "../../components/Facts";
import { formatCount, formatMoment } from "../../components/format";
import { placeOf, type Problem, type Report } from "./verification";

const WITNESS = {
  consistent: "consistent",
  missing: "missing: a log that was cut off and signed again could not be told",
  inconsistent: "not consistent",
};

/** What a verification found: soundness, or the first wrong entry and those after it. */
export function Verdict({ report, at }: { report: Report; at: number }) {
  const [first, ...others] = report.problems;
  const { witness } = report;
  return (
    <div className="flex flex-col gap-3">
      {report.ok || !first ? (
        <Banner tone="bg-good-soft text-good" icon={<ShieldCheck aria-hidden className="mt-0.5 size-5 shrink-0" />} title="The log is sound">
          {formatCount(report.tree_size)} leaves, signed by {report.origin}.
        </Banner>
      ) : (
        <Banner tone="bg-bad-soft text-bad" icon={<ShieldAlert aria-hidden className="mt-0.5 size-5 shrink-0" />} title="The log is not sound">
          First wrong entry: <Place problem={first} />
        </Banner>
      )}
      {others.length > 0 && (
        <div>
          <p className="font-medium">Then</p>
          <ol className="ml-5 list-decimal">
            {others.map((problem, place) => <li key={place}><Place problem={problem} /></li>)}
          </ol>
        </div>
      )}
      <Facts
        facts={[
          ["Checked", formatMoment(new Date(at).toISOString())],
          ["Entries compared", formatCount(report.entries_checked)],
          ["Live rows compared", formatCount(report.live_rows_checked)],
          ["Checkpoints", `${formatCount(report.checkpoints_checked)}, the last one ${report.checkpoint_signed ? "signed with this log's key" : "not signed with this log's key"}`],
          ["Pinned checkpoint", `${witness.size === null ? "" : `of ${formatCount(witness.size)} leaves: `}${WITNESS[witness.status]}`],
          report.erased > 0 ? ["Erased", `${formatCount(report.erased)} facts, each with its tombstone`] : null,
          report.unsequenced > 0 ? ["Waiting", `${formatCount(report.unsequenced)} entries, compared as well`] : null,
        ]}
      />
    </div>
  );
}

function Place({ problem }: { problem: Problem }) {
  return (
    <>
      {problem.what} <span className="font-mono text-xs break-all">({placeOf(problem)})</span>
      {problem.entry_id && problem.kind && (
        <>
          {" "}
          <Link from="/audit" to="/audit" resetScroll={false} search={(search) => ({ ...search, open: problem.entry_id ?? undefined })} className="underline">Open the entry</Link>
        </>
      )}
    </>
  );
}

function Banner({ tone, icon, title, children }: { tone: string; icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <div className={`flex gap-2.5 rounded-md p-3 ${tone}`}>
      {icon}
      <div className="min-w-0">
        <h3 className="font-semibold">{title}</h3>
        <p className="break-words">{children}</p>
      </div>
    </div>
  );
}
