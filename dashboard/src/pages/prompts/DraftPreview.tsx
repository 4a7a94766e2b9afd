import type { Schema } from "../../api/client";
import { ErrorState, Skeleton } from "../../components/States";
import { RenderedMessages } from "./Messages";

interface Check {
  data: Schema<"CheckedPrompt"> | undefined;
  error: unknown;
}

/** The draft as it would go to the model, or what keeps it from that. */
export function DraftPreview({ check }: { check: Check }) {
  if (check.error) return <ErrorState error={check.error} />;
  if (!check.data) return <Skeleton lines={2} />;
  if (check.data.messages) return <RenderedMessages messages={check.data.messages} />;
  const fault = check.data.render_fault;
  return (
    <p role="status" className="text-sm text-muted">
      {fault ? fault.detail : "Correct what is marked: then the text appears here."}
    </p>
  );
}
