import { useQuery } from "@tanstack/react-query";
import { CircleStop, Pause, Pencil, Play, RotateCw, Trash2 } from "lucide-react";
import { useCan } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { Facts } from "../../../components/Facts";
import { formatCount, formatMoment } from "../../../components/format";
import { SidePanel } from "../../../components/SidePanel";
import { Loaded } from "../../../components/States";
import { TimeAgo } from "../../../components/TimeAgo";
import { ReadersList } from "../readers/ReadersCard";
import { Failures } from "./Failures";
import { type Source, type SourceKind, sourceQuery } from "./queries";
import { Runs } from "./Runs";
import { RunBadge, RunProgress } from "./RunState";
import type { SourceAction } from "./SourceTable";
import { countWords, isUnderWay, scheduleWords } from "./words";

interface SourceDetailsProps {
  sourceId: string;
  kinds: readonly SourceKind[];
  mayWrite: boolean;
  onAction: (action: SourceAction | "stop", source: Source) => void;
  onOpenDocument: (documentId: string) => void;
  onClose: () => void;
}

/** One source: what is read, how it goes, and what could not be read. */
export function SourceDetails({ sourceId, kinds, mayWrite, onAction, onOpenDocument, onClose }: SourceDetailsProps) {
  const query = useQuery(sourceQuery(sourceId));
  return (
    <SidePanel title={query.data?.name ?? "Source"} onClose={onClose}>
      <Loaded query={query}>
        {(source) => (
          <div className="flex flex-col gap-5">
            {mayWrite && <Buttons source={source} onAction={onAction} />}
            <LastRun source={source} />
            <Failures source={source} onOpenDocument={onOpenDocument} />
            <section aria-label="What is read">
              <h3 className="mb-1.5 text-sm font-medium">What is read</h3>
              <Facts facts={factsOf(source, kinds.find((kind) => kind.name === source.kind))} />
            </section>
            <Runs source={source} />
          </div>
        )}
      </Loaded>
    </SidePanel>
  );
}

function Buttons({ source, onAction }: { source: Source } & Pick<SourceDetailsProps, "onAction">) {
  const mayStop = useCan("jobs:write");
  const isReading = isUnderWay(source.last_run);
  return (
    <div className="flex flex-wrap gap-2">
      {isReading && mayStop ? (
        <Button icon={CircleStop} onClick={() => onAction("stop", source)}>
          Stop reading
        </Button>
      ) : (
        <Button look="primary" icon={RotateCw} disabled={isReading} onClick={() => onAction("read", source)}>
          Read it now
        </Button>
      )}
      {source.every_seconds !== null && (
        <Button icon={source.paused ? Play : Pause} onClick={() => onAction(source.paused ? "resume" : "pause", source)}>
          {source.paused ? "Resume" : "Pause"}
        </Button>
      )}
      <Button icon={Pencil} onClick={() => onAction("edit", source)}>
        Edit
      </Button>
      <Button look="danger" icon={Trash2} onClick={() => onAction("remove", source)}>
        Remove…
      </Button>
    </div>
  );
}

function LastRun({ source }: { source: Source }) {
  const run = source.last_run;
  if (run === null) return <p className="text-sm text-muted">It was never read.</p>;
  return (
    <section aria-label="Last reading" className="flex flex-col gap-1.5 text-sm">
      <div className="flex flex-wrap items-center gap-2">
        <RunBadge run={run} />
        <span aria-live="polite">{run.state === "succeeded" ? countWords(run) : ""}</span>
        <span className="text-muted">
          <TimeAgo at={run.ended_at ?? run.created_at} />
        </span>
      </div>
      <RunProgress run={run} name={source.name} />
      {run.error_message && (
        <p className="break-words text-bad">
          {run.error_message} {run.error_code && <code className="font-mono text-xs text-muted">{run.error_code}</code>}
        </p>
      )}
    </section>
  );
}

function factsOf(source: Source, kind: SourceKind | undefined): readonly (readonly [string, React.ReactNode] | null)[] {
  const said = Object.entries(source.settings).filter(([, value]) => value !== null && value !== "" && !(Array.isArray(value) && value.length === 0));
  const code = (text: string) => <span className="font-mono text-xs break-all whitespace-pre-line">{text}</span>;
  return [
    ["Kind", source.kind],
    ...said.map(([name, value]) => [titleOf(kind, name), code(Array.isArray(value) ? value.join("\n") : String(value))] as const),
    kind?.credential === null ? null : ["Credential", source.has_credential ? "kept sealed, never shown" : "none"],
    source.prefix ? ["Prefix", code(source.prefix)] : null,
    source.include.length > 0 ? ["Takes", code(source.include.join("\n"))] : null,
    source.exclude.length > 0 ? ["Leaves out", code(source.exclude.join("\n"))] : null,
    ["Is read", scheduleWords(source.every_seconds) + (source.paused ? ", paused" : "")],
    source.due_at ? ["Next look", formatMoment(source.due_at)] : null,
    ["What is gone", source.remove_gone ? "is taken out of search" : "stays in search"],
    source.readers.restricted ? ["Only for", <ReadersList key="readers" readers={source.readers} />] : null,
    ["Documents", formatCount(source.documents)],
  ];
}

function titleOf(kind: SourceKind | undefined, name: string): string {
  const properties = kind?.settings.properties as Record<string, { title?: string }> | undefined;
  return properties?.[name]?.title ?? name;
}
