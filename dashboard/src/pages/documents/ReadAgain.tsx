import { RotateCw } from "lucide-react";
import { useCan } from "../../api/queries";
import { Button } from "../../components/Button";
import { useAttempt } from "../../components/useAttempt";
import type { Document } from "./queries";
import { isReadable, useReadAgain } from "./reading";

/** Has a document read again, where that may bring what it lacks. */
export function ReadAgain({ document }: { document: Pick<Document, "id" | "removed" | "latest"> }) {
  const mayWrite = useCan("documents:write");
  const readAgain = useReadAgain();
  const { isBusy, attempt } = useAttempt();
  if (!mayWrite || !isReadable(document)) return null;
  return (
    <Button icon={RotateCw} busy={isBusy} onClick={() => void attempt(() => readAgain(document.id))}>
      Read it again
    </Button>
  );
}
