import { useQuery } from "@tanstack/react-query";
import { FileX } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { ApiProblem } from "../../../api/problem";
import { Segments } from "../../../components/Tabs";
import { EmptyState, ErrorState, Loaded, Skeleton } from "../../../components/States";
import { StateBadge } from "../StateBadge";
import { type Version, isUnfinished } from "../queries";
import type { Span } from "./codepoints";
import { PageBar } from "./PageBar";
import { PdfPages } from "./PdfPages";
import { pagesQuery } from "./queries";
import { TextView } from "./TextView";
import { firstZoom } from "./zoom";

export type View = "pages" | "text";

interface DocumentViewerProps {
  documentId: string;
  name: string;
  version: Version;
  /** What to highlight and to scroll to. */
  span?: Span | undefined;
  /** The page to begin with, where no span names one. */
  page?: number | undefined;
  view?: View | undefined;
  onView?: (view: View) => void;
}

/** One version of a document: a PDF or a picture as its pages, everything else as text. It fills the column it stands in. */
export function DocumentViewer(props: DocumentViewerProps) {
  const { version } = props;
  if (version.erased) {
    return (
      <EmptyState icon={FileX} title="The content was erased">
        Its digest and a tombstone stay in the audit log.
      </EmptyState>
    );
  }
  if (version.characters === null || version.characters === undefined) return <NotIndexed version={version} />;
  return <Indexed {...props} characters={version.characters} />;
}

function Indexed({ documentId, name, version, span, page, view, onView, characters }: DocumentViewerProps & { characters: number }) {
  const hasPages = version.pages !== null && version.pages !== undefined;
  const place = { documentId, number: version.number };
  const query = useQuery({ ...pagesQuery(place), enabled: hasPages });
  const [zoom, setZoom] = useState(() => firstZoom(window.innerWidth, span !== undefined));
  const [shown, setShown] = useState<number>();
  const spanned = query.data?.find((one) => span !== undefined && one.start <= span.start && span.start < one.end);
  const wanted = spanned?.number ?? page ?? 1;
  // An object of its own for each wish, so that the same page can be asked for again.
  const first = useMemo(() => ({ page: wanted }), [documentId, version.number, span?.start, span?.end, wanted]);
  const [chosen, setChosen] = useState<{ page: number }>();
  const target = chosen ?? first;

  useEffect(() => {
    setChosen(undefined);
    setShown(undefined);
  }, [documentId, version.number, span?.start, span?.end]);

  function go(number: number) {
    setChosen({ page: number });
    setShown(undefined);
  }

  const current = shown ?? target.page;
  const asPages = hasPages && view !== "text";
  return (
    <div className="flex min-h-0 grow flex-col">
      {hasPages && (
        <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
          <Segments
            label="View"
            value={asPages ? "pages" : "text"}
            onChange={(next) => onView?.(next)}
            options={[
              { name: "pages", label: "Pages" },
              { name: "text", label: "Text" },
            ]}
          />
          {asPages && query.data && (
            <PageBar
              page={current}
              pages={query.data.length}
              onPage={go}
              zoom={zoom}
              onZoom={setZoom}
            />
          )}
        </div>
      )}
      {asPages ? (
        <Loaded query={query} loading={<Skeleton lines={8} className="p-5" />}>
          {(pages) => (
            <PdfPages
              place={place}
              name={name}
              pages={pages}
              span={span}
              zoom={zoom}
              target={target}
              onPage={setShown}
            />
          )}
        </Loaded>
      ) : (
        <TextView place={place} name={name} characters={characters} span={span} from={query.data?.[current - 1]?.start ?? 0} />
      )}
    </div>
  );
}

function NotIndexed({ version }: { version: Version }) {
  if (isUnfinished(version.state)) {
    return (
      <EmptyState title="Not readable yet">
        <StateBadge version={version} /> It can be opened as soon as it is indexed.
      </EmptyState>
    );
  }
  const detail = version.error_message ?? "Its indexing was cancelled.";
  const document = { title: "This version could not be read", status: 0, code: version.error_code ?? "job.cancelled", detail };
  return (
    <div className="p-4">
      <ErrorState error={new ApiProblem(document)} />
    </div>
  );
}
