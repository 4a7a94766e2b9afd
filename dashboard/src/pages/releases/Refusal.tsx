import { Link } from "@tanstack/react-router";
import { DoorClosed, Rocket } from "lucide-react";
import type { ReactNode } from "react";
import { useCan } from "../../api/queries";
import { Button, buttonClasses } from "../../components/Button";
import { MissingList } from "./MissingList";
import type { Wanted } from "./queries";
import { type RefusedMove, refusedMove } from "./refusals";
import { useRequest } from "./useRequest";

/** Return a gate's refusal as a dialog shows it, with the way on for what was `wanted`; null for every other failure. */
export function explainRefusal(error: unknown, wanted?: Wanted): ReactNode {
  const refused = refusedMove(error);
  return refused && <Refusal refused={refused} wanted={wanted} />;
}

/** What is missing for a move of a label, and a button that gathers it. */
function Refusal({ refused, wanted }: { refused: RefusedMove; wanted: Wanted | undefined }) {
  return (
    <div role="alert" className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-3 text-sm">
      <h3 className="flex items-center gap-2 font-semibold">
        <DoorClosed aria-hidden className="size-4 shrink-0 text-warn" />
        A gate protects this label. What is missing:
      </h3>
      <MissingList missing={refused.missing} />
      {refused.requestId !== null ? (
        <Link to="/releases/$requestId" params={{ requestId: refused.requestId }} className={buttonClasses("primary")}>
          <Rocket aria-hidden className="size-4" />
          Open the request
        </Link>
      ) : (
        wanted && <RequestButton wanted={wanted} />
      )}
    </div>
  );
}

function RequestButton({ wanted }: { wanted: Wanted }) {
  const { request, isBusy } = useRequest();
  if (!useCan("gates:request")) return <p className="text-xs text-muted">To request the release, your key needs the scope gates:request.</p>;
  return (
    <>
      <p className="text-muted">A request gathers the evidence and lets others approve.</p>
      <Button look="primary" icon={Rocket} busy={isBusy} onClick={() => void request(wanted)}>Request release</Button>
    </>
  );
}
