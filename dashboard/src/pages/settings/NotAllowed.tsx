import { LockKeyhole } from "lucide-react";
import type { ReactNode } from "react";
import { EmptyState } from "../../components/States";

/** Stands for what the person may not see. */
export function NotAllowed({ what, scope }: { what: ReactNode; scope: string }) {
  return (
    <EmptyState icon={LockKeyhole} title="Not for your key">
      {what} Ask an owner for a key with the scope <code className="font-mono text-xs">{scope}</code>.
    </EmptyState>
  );
}
