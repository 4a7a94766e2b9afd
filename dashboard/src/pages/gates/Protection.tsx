import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { DoorClosed } from "lucide-react";
import { Fragment } from "react";
import { useCan } from "../../api/queries";
import { gatesOverQuery } from "./queries";

/** Says which labels of an artifact move only with a gate's consent; nothing where none does. */
export function Protection({ namespace, kind, name }: { namespace: string; kind: string; name: string }) {
  const mayRead = useCan("gates:read");
  const { data } = useQuery({ ...gatesOverQuery(namespace, kind, name), enabled: mayRead });
  const standing = data?.items.filter(({ active, enabled }) => active !== null && enabled) ?? [];
  if (standing.length === 0) return null;
  return (
    <p className="flex items-center gap-1.5 text-sm">
      <DoorClosed aria-hidden className="size-4 shrink-0" />
      <span>
        {standing.map((gate, at) => (
          <Fragment key={gate.name}>
            {at > 0 && "; "}
            {gate.protects.label} moves only through the gate{" "}
            <Link to="/gates/$name" params={{ name: gate.name }} className="text-accent-ink underline underline-offset-2">{gate.name}</Link>
          </Fragment>
        ))}
        .
      </span>
    </p>
  );
}
