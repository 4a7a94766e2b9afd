import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { Digest } from "../../components/Digest";
import { Facts } from "../../components/Facts";
import { formatBytes, formatCount, formatMoment } from "../../components/format";
import { Card, Page } from "../../components/Page";
import { MetadataCard } from "./metadata/MetadataCard";
import { documentQuery } from "./queries";
import { ReadAgain } from "./ReadAgain";
import { ReadersCard } from "./readers/ReadersCard";
import type { PlaceSearch } from "./routes";
import { SourcePanel } from "./SourcePanel";
import { StateBadge } from "./StateBadge";
import { unreadNote, unreadPages } from "./unread";

const route = getRouteApi("/workspace/documents/$collection/$documentId");

/** A document on a page of its own: the viewer, and what is known about the version that is open. */
export function DocumentPage() {
  const { collection, documentId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const document = useQuery(documentQuery(documentId)).data;
  const version = document?.versions.find((one) => one.number === (search.version ?? document.latest.number));
  const { start, end } = search;
  const change = (next: PlaceSearch, replace = false) =>
    void navigate({ to: "/documents/$collection/$documentId", params: { collection, documentId }, search: next, replace, resetScroll: false });
  return (
    <Page
      wide
      title={document?.name ?? "Document"}
      above={
        <>
          <Link to="/documents">Documents</Link> / <Link to="/documents/$collection" params={{ collection }}>{collection}</Link>
        </>
      }
    >
      <div className="flex gap-4 max-lg:flex-col">
        <section aria-label="Viewer" className="flex h-[calc(100dvh-9rem)] min-w-0 grow flex-col overflow-hidden rounded-lg border border-line bg-surface">
          <SourcePanel
            documentId={documentId}
            number={search.version}
            span={start !== undefined && end !== undefined ? { start, end } : undefined}
            page={search.page}
            view={search.view}
            onView={(view) => change({ ...search, view: view === "pages" ? undefined : view }, true)}
            onNumber={(number) => change({ version: number })}
          />
        </section>
        {document && version && (
          <div className="flex shrink-0 flex-col gap-4 self-start max-lg:w-full lg:w-80">
            <Card title="This version" actions={version.number === document.latest.number && <ReadAgain document={document} />}>
              <Facts
                facts={[
                  ["State", <StateBadge key="state" version={version} />],
                  ["Version", `${version.number} of ${document.latest.number}${version.number === document.searched_number ? ", searched" : ""}`],
                  ["Added", formatMoment(version.created_at)],
                  document.repeats === 0 || version.number !== document.searched_number
                    ? null
                    : [
                        "Repeats",
                        <Link key="repeats" to="/documents/$collection" params={{ collection }} search={{ show: "duplicates" }} className="hover:underline">
                          {document.repeats === 1 ? "1 other document" : `${formatCount(document.repeats)} other documents`}
                        </Link>,
                      ],
                  ["Size", formatBytes(version.bytes)],
                  version.pages == null ? null : ["Pages", formatCount(version.pages)],
                  version.unread_pages ? ["Not read", version.number === document.latest.number ? unreadNote(version.unread_pages) : unreadPages(version.unread_pages)] : null,
                  version.characters == null ? null : ["Characters", formatCount(version.characters)],
                  version.chunks == null ? null : ["Passages", formatCount(version.chunks)],
                  version.media_type == null ? null : ["Type", version.media_type],
                  version.parser == null ? null : ["Read by", version.parser],
                  ["File", <Digest key="file" value={version.content_sha256} label="SHA-256 of the file" />],
                  version.text_sha256 == null ? null : ["Text", <Digest key="text" value={version.text_sha256} label="SHA-256 of the text" />],
                  ["Version digest", <Digest key="digest" value={version.digest} label="version's digest" />],
                ]}
              />
            </Card>
            <MetadataCard document={document} />
            <ReadersCard document={document} />
          </div>
        )}
      </div>
    </Page>
  );
}
