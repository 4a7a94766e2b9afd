/** Documents that a reading adds stand in other lists, which are asked again as it counts on. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Source } from "./queries";

export function useFollowed(sources: readonly Source[], namespace: string, collection: string): void {
  const client = useQueryClient();
  const brought = sources.map(({ id, last_run: run }) => run && `${id} ${run.id} ${run.state} ${run.added} ${run.changed} ${run.removed}`).join(",");
  const before = useRef(brought);
  useEffect(() => {
    if (before.current !== "" && before.current !== brought) {
      void client.invalidateQueries({ queryKey: ["documents", namespace, collection] });
      void client.invalidateQueries({ queryKey: ["collections", namespace] });
    }
    before.current = brought;
  }, [brought, client, namespace, collection]);
}
