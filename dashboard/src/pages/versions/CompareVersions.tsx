import { ArrowLeftRight, Equal } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { Button } from "../../components/Button";
import { DiffView } from "../../components/editor/DiffView";
import { CheckField } from "../../components/Field";
import { Card } from "../../components/Page";
import { EmptyState } from "../../components/States";
import { Segments } from "../../components/Tabs";
import { VersionSelect } from "../../components/VersionSelect";
import type { Artifact } from "./artifact";
import { choiceName } from "./choice";
import { versionsQuery } from "./queries";
import type { CompareSearch } from "./search";

const VIEWS = [
  { name: "unified", label: "Unified" },
  { name: "split", label: "Split" },
] as const;

/** Chooses any two versions, each by number or label, and keeps both in the address. */
export function CompareVersions({ artifact, latest, search, onChange, children }: {
  artifact: Artifact;
  /** The number of the latest version; undefined while it is not known. */
  latest: number | undefined;
  search: CompareSearch;
  onChange: (next: CompareSearch, isChosen: boolean) => void;
  /** What the two sides come to. */
  children: (from: string, to: string) => ReactNode;
}) {
  const versions = versionsQuery(artifact);
  const to = search.to ?? "latest";
  const from = search.from ?? String(Math.max(1, (latest ?? 2) - 1));
  // The sides that nobody chose go into the address too: after the next push a link still shows what was seen.
  useEffect(() => {
    if (latest === undefined || (search.from !== undefined && search.to !== undefined)) return;
    onChange({ from: search.from ?? String(Math.max(1, latest - 1)), to: search.to ?? String(latest) }, false);
  }, [latest, search.from, search.to, onChange]);
  const change = (next: CompareSearch) => onChange(next, true);

  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
        <VersionSelect hideLabel={false} query={versions} label="From" value={from} onChange={(next) => change({ from: next })} />
        <Button icon={ArrowLeftRight} onClick={() => change({ from: to, to: from })}>
          Swap
        </Button>
        <VersionSelect hideLabel={false} query={versions} label="To" value={to} onChange={(next) => change({ to: next })} />
        <div className="flex h-8 items-center gap-4">
          <Segments label="View" options={VIEWS} value={search.view ?? "unified"} onChange={(view) => change({ view: view === "split" ? view : undefined })} />
          <CheckField label="Only differences" checked={!search.all} onChange={(event) => change({ all: event.target.checked ? undefined : true })} />
        </div>
      </div>
      {children(from, to)}
    </div>
  );
}

interface Side {
  /** The number or label that chose it. */
  choice: string;
  number: number;
  text: string;
}

/** The texts of two versions, side by side or in one. */
export function ComparedTexts({ before, after, search }: { before: Side; after: Side; search: CompareSearch }) {
  const all = search.all ?? false;
  const title = `${sideName(before)} → ${sideName(after)}`;
  if (before.text === after.text && !all) {
    const isOne = before.number === after.number;
    return (
      <Card title={title}>
        <EmptyState icon={Equal} title={isOne ? "Both sides are the same version" : "The text is the same"}>
          {isOne ? "Choose another version on one side." : "What differs, if anything, are settings."}
        </EmptyState>
      </Card>
    );
  }
  return (
    <Card title={title} flush>
      <DiffView
        before={before.text}
        after={after.text}
        beforeLabel={`Version ${before.number}`}
        afterLabel={`Version ${after.number}`}
        mode={search.view === "split" ? "split" : "unified"}
        onlyDifferences={!all}
      />
    </Card>
  );
}

function sideName({ choice, number }: Side): string {
  return /^\d+$/.test(choice) ? `Version ${number}` : `${choiceName(choice)} (${number})`;
}
