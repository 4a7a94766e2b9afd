import { RotateCw } from "lucide-react";
import { useCan } from "../../api/queries";
import { Button } from "../../components/Button";
import type { ReleaseRequest } from "./queries";
import { useRequest } from "./useRequest";

/** Asks anew for what a request asked for. */
export function AskAgain({ request: { namespace, kind, name, label, version, reason } }: { request: ReleaseRequest }) {
  const { request, isBusy } = useRequest();
  if (!useCan("gates:request")) return null;
  return (
    <Button look="primary" icon={RotateCw} busy={isBusy} onClick={() => void request({ namespace, kind, name, label, version, reason })}>
      Request again
    </Button>
  );
}
