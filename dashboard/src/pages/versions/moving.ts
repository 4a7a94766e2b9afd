import type { QueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client";
import { asProblem } from "../../api/problem";
import { announce } from "../../components/Live";
import { keyOf } from "./artifact";
import { type LabelMove, moveBack } from "./moves";

/** Move a label, say so, and offer the way back. */
export async function moveLabel(client: QueryClient, move: LabelMove): Promise<void> {
  const { kind, namespace, name, label, to, reason } = move;
  const query = { namespace };
  const body = { version: to, reason, override: false };
  await (kind === "prompt"
    ? call(api.PUT("/api/v1/prompts/{name}/labels/{label}", { params: { path: { name, label }, query }, body }))
    : call(api.PUT("/api/v1/artifacts/{kind}/{name}/labels/{label}", { params: { path: { kind, name, label }, query }, body })));
  await tellMoved(client, move);
}

/** Point a label again at an earlier release, which no gate refuses; say so, and offer the way back. */
export async function rollBack(client: QueryClient, move: LabelMove): Promise<void> {
  const { kind, namespace, name, label, to, reason } = move;
  const query = { namespace };
  const body = { version: to, reason };
  await (kind === "prompt"
    ? call(api.POST("/api/v1/prompts/{name}/labels/{label}/rollback", { params: { path: { name, label }, query }, body }))
    : call(api.POST("/api/v1/artifacts/{kind}/{name}/labels/{label}/rollback", { params: { path: { kind, name, label }, query }, body })));
  await tellMoved(client, move);
}

async function tellMoved(client: QueryClient, move: LabelMove): Promise<void> {
  await client.invalidateQueries({ queryKey: keyOf(move) });
  const back = moveBack(move);
  announce(
    `${move.name}@${move.label} is now version ${move.to}.`,
    "good",
    back
      ? { label: `Roll back to ${back.to}`, run: () => void rollBack(client, back).catch(tell) }
      : undefined,
  );
}

function tell(error: unknown): void {
  announce(asProblem(error).message, "bad");
}
