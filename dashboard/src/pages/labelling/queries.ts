/** What the labelling page asks of the engine. */
import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schema } from "../../api/client";

export type Item = Schema<"LabellingItem">;
export type Queue = Schema<"LabellingQueue">;
export type Calibration = Schema<"CalibrationView">;

export function nextRows(id: string, scorer: string, limit: number): Promise<Queue> {
  return call(
    api.GET("/api/v1/evaluations/{evaluation_id}/labelling", {
      params: { path: { evaluation_id: id }, query: { scorer, limit } },
    }),
  );
}

export async function giveLabel(id: string, scorer: string, position: number, passed: boolean): Promise<void> {
  await call(
    api.POST("/api/v1/evaluations/{evaluation_id}/labels", {
      params: { path: { evaluation_id: id } },
      body: { scorer, position, passed },
    }),
  );
}

/** Of the version that scored the evaluation, where it is known; else of the latest. */
export function calibrationQuery(namespace: string, scorer: string, version: number | undefined) {
  return queryOptions({
    queryKey: ["scorers", namespace, "calibration", scorer, version],
    queryFn: ({ signal }) =>
      call(
        api.GET("/api/v1/scorers/{name}/calibration", {
          params: { path: { name: scorer }, query: { namespace, version: version ?? null } },
          signal,
        }),
      ),
    // Every label changes it.
    staleTime: 0,
  });
}
