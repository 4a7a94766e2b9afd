/** Files on their way to the engine. Once it has one, its durable job goes on whatever becomes of this page. */
import { useSyncExternalStore } from "react";
import { asProblem } from "../../api/problem";
import { queryClient } from "../../api/queries";
import type { NamedFile } from "./files";
import type { Metadata } from "./metadata/values";
import { sendFile } from "./sending";

export type UploadState = "waiting" | "sending" | "refused";

export interface Upload {
  id: number;
  namespace: string;
  collection: string;
  name: string;
  file: File;
  /** What the document is to have; nothing leaves what it has. */
  metadata: Metadata;
  state: UploadState;
  /** Bytes that are sent. */
  sent: number;
  problem: { message: string; code: string } | null;
}

const AT_ONCE = 3;
let uploads: readonly Upload[] = [];
let count = 0;
const listeners = new Set<() => void>();

/** Queue files; each is sent in its turn. */
export function addUploads(namespace: string, collection: string, files: readonly NamedFile[], metadata: Metadata = {}): void {
  const added = files.map(({ name, file }): Upload => {
    count += 1;
    return { id: count, namespace, collection, name, file, metadata, state: "waiting", sent: 0, problem: null };
  });
  set([...uploads, ...added]);
  sendNext();
}

/** Send a refused file again. */
export function retryUpload(id: number): void {
  change(id, { state: "waiting", sent: 0, problem: null });
  sendNext();
}

/** Forget a refused file. */
export function dismissUpload(id: number): void {
  set(uploads.filter((upload) => upload.id !== id));
}

/** The uploads to one collection that are not done. */
export function useUploads(namespace: string, collection: string): readonly Upload[] {
  const all = useSyncExternalStore(subscribe, () => uploads);
  return all.filter((upload) => upload.namespace === namespace && upload.collection === collection);
}

function sendNext(): void {
  const free = AT_ONCE - uploads.filter((upload) => upload.state === "sending").length;
  for (const upload of uploads.filter((one) => one.state === "waiting").slice(0, Math.max(0, free))) {
    change(upload.id, { state: "sending" });
    void run(upload);
  }
}

async function run(upload: Upload): Promise<void> {
  try {
    await sendFile(upload, (sent) => change(upload.id, { sent }));
    // The engine's own lists know it now; it leaves this one when they show it.
    const collections = { queryKey: ["collections", upload.namespace] };
    await queryClient.invalidateQueries(collections);
    await queryClient.invalidateQueries({ queryKey: ["documents", upload.namespace, upload.collection] });
    // A short one may be indexed between the two: then nobody sees it unfinished, and its passages would stay uncounted.
    await queryClient.invalidateQueries(collections);
    dismissUpload(upload.id);
  } catch (error) {
    const problem = asProblem(error);
    change(upload.id, { state: "refused", problem: { message: problem.message, code: problem.code } });
  }
  sendNext();
}

function change(id: number, changed: Partial<Upload>): void {
  set(uploads.map((upload) => (upload.id === id ? { ...upload, ...changed } : upload)));
}

function set(next: readonly Upload[]): void {
  const wasBusy = uploads.some(isUnsent);
  uploads = next;
  const isBusy = uploads.some(isUnsent);
  if (isBusy && !wasBusy) window.addEventListener("beforeunload", ask);
  if (!isBusy && wasBusy) window.removeEventListener("beforeunload", ask);
  for (const listener of listeners) listener();
}

function isUnsent(upload: Upload): boolean {
  return upload.state !== "refused";
}

/** Files that are not sent yet are lost with the page: let the browser ask. */
function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
