import { Table2 } from "lucide-react";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { useCan } from "../../api/queries";
import { Button } from "../../components/Button";
import { FromExecutions } from "./FromExecutions";

/** Offers to make rows of the runs of a list; those that gave no answer are left out. */
export function MakeRows({ namespace, runs }: { namespace: string; runs: readonly Pick<Schema<"ExecutionSummary">, "id" | "kind" | "status">[] }) {
  const mayWrite = useCan("datasets:write");
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const ids = runs.filter(({ kind, status }) => kind === "prompt_run" && status === "succeeded").map((run) => run.id);
  if (!mayWrite || ids.length === 0) return null;
  return (
    <>
      {/* Those of now: the list behind the dialog may change. */}
      <Button icon={Table2} onClick={() => setChosen(ids)}>Make rows of these…</Button>
      {chosen && <FromExecutions namespace={namespace} ids={chosen} onClose={() => setChosen(null)} />}
    </>
  );
}
