import { TriangleAlert } from "lucide-react";
import { Button } from "../../../components/Button";
import { CopyButton } from "../../../components/CopyButton";
import { Dialog } from "../../../components/Dialog";

/** A new key, for the only time it can be seen. */
export function NewKey({ apiKey, onClose }: { apiKey: string; onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title="Your new key"
      footer={
        <Button look="primary" onClick={onClose}>
          I have kept it
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <p className="flex items-start gap-2 text-sm">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
          Copy it now: it is shown this once. The engine keeps only a digest of it.
        </p>
        <div className="flex items-center gap-2 rounded-md border border-line bg-raised p-3">
          <code aria-label="The new key" className="min-w-0 grow font-mono text-sm break-all">
            {apiKey}
          </code>
          <CopyButton value={apiKey} label="Copy the key" />
        </div>
        <p className="text-xs text-muted">
          Over REST: <code className="font-mono">Authorization: Bearer mce_…</code>. On the command line: <code className="font-mono">MCP_ENGINE_API_KEY</code>.
        </p>
      </div>
    </Dialog>
  );
}
