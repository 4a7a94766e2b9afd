/** Sending a file of rows. */
import { send, type Schema } from "../../../api/client";
import type { Pushed } from "../queries";

export interface Upload {
  namespace: string;
  file: File;
  options: Partial<Schema<"PushOptions">> & { name: string };
  /** Null where the file says itself what its rows are. */
  columns: Schema<"Columns"> | null;
}

/** Push the rows of a file as the next version; throws `ApiProblem`. */
export async function pushFile({ namespace, file, options, columns }: Upload): Promise<Pushed> {
  const form = new FormData();
  form.set("file", file, file.name);
  form.set("options", JSON.stringify(options));
  if (columns !== null) form.set("columns", JSON.stringify(columns));
  const url = new URL(`/api/v1/datasets/upload?namespace=${encodeURIComponent(namespace)}`, window.location.origin);
  const answer = await send(new Request(url, { method: "POST", body: form }));
  return (await answer.json()) as Pushed;
}
