import { Link } from "@tanstack/react-router";
import { Check, PartyPopper, SkipForward, Undo2, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { Button, buttonClasses } from "../../components/Button";
import { formatCount } from "../../components/format";
import { useKeys } from "../../components/keys";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import type { Desk } from "./desk";
import { RowToJudge } from "./RowToJudge";
import { useDesk } from "./useDesk";

/** One row at a time, by keyboard or with two large buttons. */
export function JudgeTab({ evaluationId, scorer }: { evaluationId: string; scorer: string }) {
  const { desk, error, isLoading, reload, judge, skip, undo } = useDesk(evaluationId, scorer);
  const item = desk.waiting[0];
  const pass = () => judge(true);
  const fail = () => judge(false);
  useKeys({ p: pass, P: pass, ArrowRight: pass, f: fail, F: fail, ArrowLeft: fail, s: skip, S: skip, u: undo, U: undo });

  if (!desk.isLoaded) return error ? <ErrorState error={error} onRetry={reload} /> : <Skeleton lines={8} />;
  return (
    <div className="flex flex-col gap-4">
      <Progress desk={desk} />
      {error !== null && <ErrorState error={error} onRetry={reload} />}
      {item ? <Row key={item.position} item={item} desk={desk} /> : isLoading ? <Skeleton lines={8} /> : <Done desk={desk} />}
      <div className="sticky bottom-0 z-10 -mx-4 flex flex-col gap-2 border-t border-line bg-surface px-4 py-3 md:mx-0 md:rounded-lg md:border">
        <div className="grid grid-cols-2 gap-3">
          <Verdict look="danger" icon={X} word="Fail" keys="F or ←" disabled={!item} onClick={fail} />
          <Verdict look="primary" icon={Check} word="Pass" keys="P or →" disabled={!item} onClick={pass} />
        </div>
        <div className="flex justify-between gap-2">
          <Button look="quiet" icon={Undo2} disabled={desk.judged.length === 0 || desk.again !== null} onClick={undo}>Undo <Key>U</Key></Button>
          <Button look="quiet" icon={SkipForward} disabled={!item} onClick={skip}>Skip <Key>S</Key></Button>
        </div>
      </div>
    </div>
  );
}

function Row({ item, desk }: { item: NonNullable<Desk["waiting"][0]>; desk: Desk }) {
  const box = useRef<HTMLDivElement>(null);
  // The next row begins where the last one did, also after a long output.
  useEffect(() => {
    box.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <div ref={box} className="flex flex-col gap-3">
      {desk.again && <p role="note" className="rounded-md bg-raised px-3 py-2 text-sm">You judge this one again; what you said stands until then.</p>}
      {!desk.again && desk.skipped.includes(item.position) && <p role="note" className="rounded-md bg-raised px-3 py-2 text-sm">You skipped this one before.</p>}
      <RowToJudge item={item} />
    </div>
  );
}

function Verdict({ look, icon, word, keys, disabled, onClick }: {
  look: "primary" | "danger";
  icon: typeof Check;
  word: string;
  keys: string;
  disabled: boolean;
  onClick: () => void;
}) {
  return (
    <Button look={look} icon={icon} className="!h-14 text-base" aria-label={word} disabled={disabled} onClick={onClick}>
      {word} <span aria-hidden className="text-xs font-normal max-md:hidden">{keys}</span>
    </Button>
  );
}

function Key({ children }: { children: string }) {
  return <kbd aria-hidden className="rounded border border-line px-1 font-mono text-xs max-md:hidden">{children}</kbd>;
}

function Progress({ desk: { labelled, left } }: { desk: Desk }) {
  const all = labelled + left;
  return (
    <div className="flex items-center gap-3">
      <div
        role="progressbar" aria-label="Labelled by you" aria-valuemin={0} aria-valuemax={all} aria-valuenow={labelled}
        className="h-2 min-w-0 grow overflow-hidden rounded-full bg-raised"
      >
        <div className="h-full rounded-full bg-accent" style={{ width: `${all === 0 ? 100 : (labelled / all) * 100}%` }} />
      </div>
      <p role="status" className="text-sm whitespace-nowrap text-muted">{formatCount(labelled)} labelled, {formatCount(left)} left</p>
    </div>
  );
}

function Done({ desk: { labelled } }: { desk: Desk }) {
  if (labelled === 0) {
    return <EmptyState title="Nothing to judge">This evaluation has no row with an output yet.</EmptyState>;
  }
  return (
    <EmptyState
      icon={PartyPopper}
      title="You have judged every row"
      action={
        <Link from="/evaluations/$evaluationId/labelling" to="." search={(old) => ({ ...old, tab: "calibration" as const })} className={buttonClasses("primary")}>
          See how well the judge agrees
        </Link>
      }
    >
      What you said counts once you and others have settled 20 good and 20 bad outputs.
    </EmptyState>
  );
}
