/** Sending one file with its progress, which fetch does not tell: XMLHttpRequest does. */
import type { Schema } from "../../api/client";
import { ApiProblem, problemOf, unreachable } from "../../api/problem";
import { accessToken, renewedToken } from "../../api/session";
import type { Metadata } from "./metadata/values";

export interface FileToSend {
  namespace: string;
  collection: string;
  name: string;
  file: File;
  metadata: Metadata;
}

/** Add a file as a document; throws `ApiProblem`. `onSent` is told how many bytes are on their way. */
export async function sendFile(upload: FileToSend, onSent: (bytes: number) => void): Promise<Schema<"Added">> {
  const token = await accessToken();
  try {
    return await post(upload, token, onSent);
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 401 && token !== null)) throw error;
    return post(upload, await renewedToken(token), onSent);
  }
}

function post(upload: FileToSend, token: string | null, onSent: (bytes: number) => void): Promise<Schema<"Added">> {
  const form = new FormData();
  form.set("file", upload.file, upload.file.name);
  form.set("name", upload.name);
  if (Object.keys(upload.metadata).length > 0) form.set("metadata", JSON.stringify(upload.metadata));
  const path = `/api/v1/collections/${encodeURIComponent(upload.collection)}/documents`;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${path}?namespace=${encodeURIComponent(upload.namespace)}`);
    if (token !== null) request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = (event) => onSent(Math.min(event.loaded, upload.file.size));
    request.onerror = () => reject(unreachable());
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as Schema<"Added">);
        return;
      }
      const answer = new Response(request.responseText, { status: request.status, headers: requestId(request) });
      problemOf(answer).then(reject, reject);
    };
    request.send(form);
  });
}

function requestId(request: XMLHttpRequest): Record<string, string> {
  const id = request.getResponseHeader("X-Request-ID");
  return id === null ? {} : { "X-Request-ID": id };
}
