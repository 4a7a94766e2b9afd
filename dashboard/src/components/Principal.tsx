import { useQuery } from "@tanstack/react-query";
import { ENGINE, principalsQuery, useCan } from "../api/queries";

/** Who did something, by name where the person may read names, else by the beginning of the id. */
export function Principal({ id }: { id: string }) {
  const mayRead = useCan("identity:read");
  const { data } = useQuery({ ...principalsQuery, enabled: mayRead });
  const name = data?.get(id);
  if (id === ENGINE) return <span>the engine</span>;
  return name ? (
    <span title={id}>{name}</span>
  ) : (
    <span title={id} className="font-mono text-xs">
      {id.slice(-8)}
    </span>
  );
}
