import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ArrowLeftRight, Equal } from "lucide-react";
import { useEffect } from "react";
import type { Schema } from "../../api/client";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { DiffView } from "../../components/editor/DiffView";
import { CheckField } from "../../components/Field";
import { Card } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import { Segments } from "../../components/Tabs";
import { VersionSelect } from "../../components/VersionSelect";
import { choiceName } from "./choice";
import { promptText } from "./promptText";
import { diffQuery, promptQuery, versionsQuery } from "./queries";
import { promptRoute } from "./routes";
import type { CompareSearch } from "./search";
import { SettingChanges } from "./SettingChanges";

const route = getRouteApi("/workspace/prompts/$name/compare");
const VIEWS = [
  { name: "unified", label: "Unified" },
  { name: "split", label: "Split" },
] as const;

/** Any two versions, each by number or label: the text side by side or in one, and every setting that differs. */
export function CompareTab() {
  const { name } = promptRoute.useParams();
  const namespace = useNamespace();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const latest = useQuery(promptQuery(namespace, name, undefined));
  const versions = versionsQuery(namespace, name);
  const to = search.to ?? "latest";
  const from = search.from ?? String(Math.max(1, (latest.data?.number ?? 2) - 1));
  // The sides that nobody chose go into the address too: after the next push a link still shows what was seen.
  const seen = latest.data?.number;
  useEffect(() => {
    if (seen === undefined || (search.from !== undefined && search.to !== undefined)) return;
    const sides = { from: search.from ?? String(Math.max(1, seen - 1)), to: search.to ?? String(seen) };
    void navigate({ search: (old) => ({ ...old, ...sides }), replace: true, resetScroll: false });
  }, [seen, search.from, search.to, navigate]);
  const change = (next: CompareSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });

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
      <Comparison namespace={namespace} name={name} from={from} to={to} isSplit={search.view === "split"} all={search.all ?? false} />
    </div>
  );
}

function Comparison({ namespace, name, from, to, isSplit, all }: {
  namespace: string;
  name: string;
  from: string;
  to: string;
  isSplit: boolean;
  all: boolean;
}) {
  const before = useQuery(promptQuery(namespace, name, from));
  const after = useQuery(promptQuery(namespace, name, to));
  const diff = useQuery(diffQuery(namespace, name, from, to));
  return (
    <Loaded query={before}>
      {(left) => (
        <Loaded query={after}>
          {(right) => (
            <>
              <Texts left={left} right={right} from={from} to={to} isSplit={isSplit} all={all} />
              <Loaded query={diff}>
                {(found) => (
                  <>
                    {found.frozen_changed && <FrozenChanged />}
                    <SettingChanges changes={found.settings} />
                  </>
                )}
              </Loaded>
            </>
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

function Texts({ left, right, from, to, isSplit, all }: {
  left: Schema<"PromptDetail">;
  right: Schema<"PromptDetail">;
  from: string;
  to: string;
  isSplit: boolean;
  all: boolean;
}) {
  const before = promptText(left.body);
  const after = promptText(right.body);
  const title = `${sideName(from, left.number)} → ${sideName(to, right.number)}`;
  if (before === after && !all) {
    return (
      <Card title={title}>
        <EmptyState icon={Equal} title={left.number === right.number ? "Both sides are the same version" : "The text is the same"}>
          {left.number === right.number ? "Choose another version on one side." : "What differs, if anything, are settings."}
        </EmptyState>
      </Card>
    );
  }
  return (
    <Card title={title} flush>
      <DiffView
        before={before}
        after={after}
        beforeLabel={`Version ${left.number}`}
        afterLabel={`Version ${right.number}`}
        mode={isSplit ? "split" : "unified"}
        onlyDifferences={!all}
      />
    </Card>
  );
}

function FrozenChanged() {
  return (
    <p className="flex items-center gap-2 text-sm">
      <Badge tone="warn">Frozen text differs</Badge>
      <span className="text-muted">What no program should reword is another on the two sides.</span>
    </p>
  );
}

function sideName(choice: string, number: number): string {
  return /^\d+$/.test(choice) ? `Version ${number}` : `${choiceName(choice)} (${number})`;
}
