import { Link } from "@tanstack/react-router";
import { Card } from "../../components/Page";
import { EmptyState } from "../../components/States";
import { SEALED } from "../datasets/queries";
import { SealedBadge, VerdictBadge } from "./labels";
import type { GateEvidence, Requirement } from "./queries";
import { formatLevel, rowsInWords, statementOf } from "./words";

/** What each gate wants shown, and whether it is. */
export function Evidence({ gates }: { gates: readonly GateEvidence[] }) {
  if (gates.length === 0) {
    return (
      <Card title="Evidence">
        <EmptyState title="No gate protects this label">It moves at the word of whoever may move labels.</EmptyState>
      </Card>
    );
  }
  return (
    <>
      {gates.map((gate) => (
        <Card
          key={gate.gate}
          flush
          title={<>Evidence for the gate <Link to="/gates/$name" params={{ name: gate.gate }} className="hover:underline">{gate.gate}</Link></>}
          actions={<span className="text-xs text-muted">version {gate.number} of the gate</span>}
        >
          {gate.requirements.length === 0 ? (
            <p className="p-4 text-sm text-muted">It asks for no evaluation.</p>
          ) : (
            <ul aria-label={`What ${gate.gate} asks for`} className="divide-y divide-line">
              {gate.requirements.map((one) => <Item key={one.name} requirement={one} />)}
            </ul>
          )}
          {gate.requirements.some((one) => one.split === SEALED) && (
            <p className="border-t border-line px-4 py-2 text-xs text-muted">
              Sealed rows say passed or failed, nothing else: whoever saw their scores could climb on them, and the promise would be gone.
            </p>
          )}
        </Card>
      ))}
    </>
  );
}

function Item({ requirement: one }: { requirement: Requirement }) {
  return (
    <li className="flex flex-col gap-1 px-4 py-3 text-sm">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <VerdictBadge verdict={one.verdict} />
        <span className="font-medium break-all">{one.name}</span>
        {one.split === SEALED && <SealedBadge />}
      </p>
      <p className="break-words">{statementOf(one)}</p>
      <p className="flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-muted">
        <span className="break-all">{one.scorer} on {one.dataset}, {rowsInWords(one)}</span>
        {one.level !== null && <span>level {formatLevel(one.level)}</span>}
        <Evaluations ids={one.evaluations} />
      </p>
    </li>
  );
}

/** The evaluations of open splits, the candidate's first: row by row where there are two, else the one there is. */
function Evaluations({ ids }: { ids: readonly string[] }) {
  const [first] = ids;
  if (first === undefined) return null;
  const look = "text-accent-ink hover:underline";
  if (ids.length > 1) return <Link to="/evaluations/compare" search={{ evaluation: ids.toReversed() }} className={look}>compare row by row</Link>;
  return <Link to="/evaluations/$evaluationId" params={{ evaluationId: first }} className={look}>see the rows</Link>;
}
