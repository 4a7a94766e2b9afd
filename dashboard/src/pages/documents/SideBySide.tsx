import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { Page } from "../../components/Page";
import { EmptyState } from "../../components/States";
import { documentQuery } from "./queries";
import { SourcePanel } from "./SourcePanel";
import type { View } from "./viewer/DocumentViewer";

const route = getRouteApi("/workspace/documents/$collection/compare");

/** What is searched of two documents, next to each other; one below the other on a phone. */
export function SideBySide() {
  const { collection } = route.useParams();
  const { left, right } = route.useSearch();
  return (
    <Page
      wide
      title="Side by side"
      above={
        <>
          <Link to="/documents">Documents</Link> / <Link to="/documents/$collection" params={{ collection }} search={{ show: "duplicates" }}>{collection}</Link>
        </>
      }
    >
      {left && right ? (
        <div className="flex gap-4 max-lg:flex-col">
          <Side key={left} label="First document" documentId={left} />
          <Side key={`${right} `} label="Second document" documentId={right} />
        </div>
      ) : (
        <EmptyState title="Two documents are missing">Open this page from a collection's duplicates.</EmptyState>
      )}
    </Page>
  );
}

function Side({ label, documentId }: { label: string; documentId: string }) {
  const [view, setView] = useState<View>("text");
  const searched = useQuery(documentQuery(documentId)).data?.searched_number ?? undefined;
  return (
    <section aria-label={label} className="flex h-[calc(100dvh-9rem)] min-w-0 grow basis-0 flex-col overflow-hidden rounded-lg border border-line bg-surface max-lg:basis-auto">
      <SourcePanel documentId={documentId} number={searched} view={view} onView={setView} />
    </section>
  );
}
