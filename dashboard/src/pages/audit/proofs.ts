/** Proofs as files, as `mcp-engine audit proof` writes them. */
import { api, call } from "../../api/client";
import { proofFileName } from "./checking";

/**
 * Download the proof of an execution, a label move or another entry, by its id or its subject's.
 *
 * With content it shows an execution's inputs and output too: whoever gets the file can read them.
 */
export async function downloadProof(wanted: string, withContent = false): Promise<void> {
  const proof = await call(api.GET("/api/v1/audit/proofs/{wanted}", { params: { path: { wanted } } }));
  const openings = withContent
    ? await call(api.GET("/api/v1/executions/{execution_id}/openings", { params: { path: { execution_id: proof.subject } } }))
    : undefined;
  saveFile(proofFileName(wanted, withContent), JSON.stringify({ ...proof, ...(openings && { openings }) }, null, 2));
}

function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken what it needs once the click has run.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
