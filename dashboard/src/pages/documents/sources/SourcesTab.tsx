import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { FolderSync, Plus } from "lucide-react";
import { useCallback, useState } from "react";
import { asProblem } from "../../../api/problem";
import { Button } from "../../../components/Button";
import { useListKeys } from "../../../components/keys";
import { announce } from "../../../components/Live";
import { LoadMore } from "../../../components/LoadMore";
import { Card } from "../../../components/Page";
import { WithPanel } from "../../../components/SidePanel";
import { EmptyState, ErrorState, Skeleton } from "../../../components/States";
import type { CollectionSearch } from "../routes";
import { AddSource } from "./AddSource";
import { EditSource } from "./EditSource";
import { changeSource, readSource, type Source, sourceKindsQuery, sourcesQuery, stopReading } from "./queries";
import { RemoveSourceDialog } from "./RemoveSourceDialog";
import { SourceDetails } from "./SourceDetails";
import { type SourceAction, SourceTable } from "./SourceTable";
import { useFollowed } from "./useFollowed";

interface SourcesTabProps {
  namespace: string;
  collection: string;
  /** Undefined until it is known. */
  exists: boolean | undefined;
  search: CollectionSearch;
  mayWrite: boolean;
  onChange: (next: Partial<CollectionSearch>, replace?: boolean) => void;
}

/** Where the documents of a collection come from, and how reading them goes. */
export function SourcesTab({ namespace, collection, exists, search, mayWrite, onChange }: SourcesTabProps) {
  const client = useQueryClient();
  const [removed, setRemoved] = useState<Source | null>(null);
  const kinds = useQuery(sourceKindsQuery);
  const query = useInfiniteQuery({ ...sourcesQuery(namespace, collection), enabled: exists === true });
  const rows = exists ? (query.data?.pages.flatMap((page) => page.items) ?? []) : [];
  const open = useCallback((source: string | undefined) => onChange({ source, edit: undefined }), [onChange]);
  const refresh = useCallback(async () => {
    const keys = ["sources", "documents", "collections"];
    await Promise.all(keys.map((key) => client.invalidateQueries({ queryKey: [key] })));
  }, [client]);
  useFollowed(rows, namespace, collection);
  useListKeys({
    keys: rows.map((row) => row.id), selected: search.source, select: (source) => onChange({ source, edit: undefined }, true), enabled: !search.edit && search.source !== "new",
  });

  const act = useCallback(
    async (action: SourceAction | "stop", source: Source) => {
      if (action === "edit") return onChange({ source: source.id, edit: true });
      if (action === "remove") return setRemoved(source);
      try {
        if (action === "read") await readSource(source.id);
        else if (action === "stop" && source.last_run) await stopReading(source.last_run);
        else await changeSource(source.id, { paused: action === "pause" });
        await refresh();
      } catch (error) {
        announce(asProblem(error).message, "bad");
      }
    },
    [onChange, refresh],
  );

  const add = mayWrite && (
    <Button look="primary" icon={Plus} onClick={() => open("new")}>
      Add a source
    </Button>
  );
  const known = kinds.data ?? [];
  return (
    <WithPanel
      panel={
        search.source === "new" && mayWrite && kinds.data ? (
          <AddSource
            {...{ namespace, collection, kinds: known }}
            onClose={() => open(undefined)}
            onAdded={async (source) => {
              await refresh();
              open(source.id);
            }}
          />
        ) : search.source && search.source !== "new" ? (
          search.edit && mayWrite ? (
            <EditSource
              key={search.source}
              sourceId={search.source}
              kinds={known}
              onClose={() => onChange({ edit: undefined })}
              onRead={(source) => void act("read", source)}
              onChanged={async () => {
                await refresh();
                onChange({ edit: undefined });
              }}
            />
          ) : (
            <SourceDetails
              key={search.source}
              sourceId={search.source}
              kinds={known}
              mayWrite={mayWrite}
              onAction={(action, source) => void act(action, source)}
              onOpenDocument={(document) => onChange({ tab: undefined, source: undefined, document })}
              onClose={() => open(undefined)}
            />
          )
        ) : null
      }
    >
      {exists === undefined || (exists && query.isPending) ? (
        <Skeleton lines={5} />
      ) : query.error || kinds.error ? (
        <ErrorState error={query.error ?? kinds.error} onRetry={() => void Promise.all([query.refetch(), kinds.refetch()])} />
      ) : (
        <Card flush title="Sources" actions={rows.length > 0 && add}>
          {rows.length === 0 ? (
            <EmptyState icon={FolderSync} title="No source yet" action={add}>
              A folder of the server, web pages, a git repository or a bucket: the engine reads it now and as often as you say. What is
              new is added, and what changed becomes the next version.
            </EmptyState>
          ) : (
            <SourceTable rows={rows} kinds={known} selected={search.source} mayWrite={mayWrite} onOpen={(source) => open(source.id)} onAction={(action, source) => void act(action, source)} />
          )}
          <LoadMore query={query} />
        </Card>
      )}
      {removed && (
        <RemoveSourceDialog
          source={removed}
          onClose={() => setRemoved(null)}
          onRemoved={async () => {
            if (search.source === removed.id) open(undefined);
            await refresh();
          }}
        />
      )}
    </WithPanel>
  );
}
