import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, RotateCw, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button, IconButton } from "../../components/Button";
import { formatBytes } from "../../components/format";
import { Card } from "../../components/Page";
import { type Job, activityOf, progressOf } from "./progress";
import { ProgressBar } from "./ProgressBar";
import { type Document, unfinishedQuery } from "./queries";
import { type Upload, dismissUpload, retryUpload, useUploads } from "./uploads";
import { useJobs } from "./useJobs";

const SHOWN = 6;

/** What is on its way into a collection: files that are sent, and documents in the engine's queue. */
export function Activity({ namespace, collection, exists }: { namespace: string; collection: string; exists: boolean }) {
  const client = useQueryClient();
  const uploads = useUploads(namespace, collection);
  const { data: documents = [] } = useQuery({ ...unfinishedQuery(namespace, collection), enabled: exists });
  const refresh = () => {
    void client.invalidateQueries({ queryKey: ["documents", namespace, collection] });
    void client.invalidateQueries({ queryKey: ["collections", namespace] });
  };
  const jobs = useJobs(documents.map((document) => document.latest.job_id), refresh);
  const [all, setAll] = useState(false);
  useRefreshWhenFewer(documents.length, refresh);

  const refused = uploads.filter((upload) => upload.state === "refused");
  // A file is in the engine's queue a moment before the answer to it has come: it is listed once.
  const queued = new Set(documents.map((document) => document.name));
  const others = uploads.filter((upload) => upload.state !== "refused" && !queued.has(upload.name));
  const coming = documents.length + others.length;
  if (coming + refused.length === 0) return null;
  const rows = [
    ...refused.map((upload) => <Refused key={`u${upload.id}`} upload={upload} />),
    ...documents.map((document) => <Indexing key={document.id} document={document} job={jobs.get(document.latest.job_id)} />),
    ...others.map((upload) => <Sending key={`u${upload.id}`} upload={upload} />),
  ];
  return (
    <Card title={<span aria-live="polite">{titleOf(coming, refused.length)}</span>} flush>
      <ul className="divide-y divide-line">{all ? rows : rows.slice(0, SHOWN)}</ul>
      {rows.length > SHOWN && (
        <div className="border-t border-line p-1.5 text-center">
          <Button look="quiet" onClick={() => setAll(!all)}>
            {all ? "Show fewer" : `Show all ${rows.length}`}
          </Button>
        </div>
      )}
    </Card>
  );
}

function titleOf(coming: number, refused: number): string {
  const parts = [
    coming > 0 && `On the way: ${coming === 1 ? "1 document" : `${coming} documents`}`,
    refused > 0 && `Not added: ${refused === 1 ? "1 file" : `${refused} files`}`,
  ];
  return parts.filter(Boolean).join(" · ");
}

/** Documents that leave the queue stand in other lists, which are asked again then. */
function useRefreshWhenFewer(count: number, refresh: () => void) {
  const before = useRef(0);
  useEffect(() => {
    if (count < before.current) refresh();
    before.current = count;
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only the number matters
  }, [count]);
}

function Indexing({ document, job }: { document: Document; job: Job | undefined }) {
  return (
    <Row name={document.name} detail={activityOf(job ?? fallback(document))}>
      <ProgressBar label={`Indexing ${document.name}`} share={progressOf(job)} />
    </Row>
  );
}

function fallback(document: Document) {
  return { state: document.latest.state === "running" ? ("running" as const) : ("queued" as const), note: null, progress_done: 0, progress_total: 0, failures: 0 };
}

function Sending({ upload }: { upload: Upload }) {
  const detail =
    upload.state === "waiting" ? "waiting to be sent" : `${formatBytes(upload.sent)} of ${formatBytes(upload.file.size)} sent`;
  return (
    <Row name={upload.name} detail={detail}>
      <ProgressBar label={`Sending ${upload.name}`} share={upload.state === "waiting" ? 0 : upload.sent / Math.max(1, upload.file.size)} />
    </Row>
  );
}

function Refused({ upload }: { upload: Upload }) {
  return (
    <li className="flex items-start gap-2 px-4 py-2.5 text-sm">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0 grow">
        <p className="truncate font-medium">{upload.name}</p>
        <p className="text-bad">{upload.problem?.message}</p>
      </div>
      <IconButton icon={RotateCw} label={`Send ${upload.name} again`} onClick={() => retryUpload(upload.id)} />
      <IconButton icon={X} label={`Forget ${upload.name}`} onClick={() => dismissUpload(upload.id)} />
    </li>
  );
}

function Row({ name, detail, children }: { name: string; detail: string; children: React.ReactNode }) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_minmax(6rem,14rem)] items-center gap-x-4 px-4 py-2.5 text-sm">
      <span className="truncate font-medium" title={name}>
        {name}
      </span>
      {children}
      <span className="col-span-2 text-xs text-muted">{detail}</span>
    </li>
  );
}
