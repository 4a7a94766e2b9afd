import type { QueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client";
import { asProblem } from "../../api/problem";
import { announce } from "../../components/Live";
import { type LabelMove, moveBack } from "./moves";

/** Move a label, say so, and offer the way back. */
export async function moveLabel(client: QueryClient, move: LabelMove): Promise<void> {
  const { namespace, name, label, to, reason } = move;
  await call(
    api.PUT("/api/v1/prompts/{name}/labels/{label}", {
      params: { path: { name, label }, query: { namespace } },
      body: { version: to, reason },
    }),
  );
  await client.invalidateQueries({ queryKey: ["prompts", namespace] });
  const back = moveBack(move);
  announce(
    `${name}@${label} is now version ${to}.`,
    "good",
    back
      ? { label: `Move back to ${back.to}`, run: () => void moveLabel(client, back).catch(tell) }
      : undefined,
  );
}

function tell(error: unknown): void {
  announce(asProblem(error).message, "bad");
}
