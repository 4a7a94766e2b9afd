import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useCan } from "../../../api/queries";
import { SelectField } from "../../../components/Field";
import { formatCount } from "../../../components/format";
import { Card } from "../../../components/Page";
import { Loaded } from "../../../components/States";
import { ProgressBar } from "../../documents/ProgressBar";
import type { Comparison } from "../queries";
import { Outcome } from "./Outcome";
import { isOn, type Judged, judgedQuery } from "./queries";
import { StartJudging } from "./StartJudging";

/** What judges say of the baseline and one candidate: asked about every row, in both orders. */
export function JudgedCard({ comparison: { baseline }, candidate }: { comparison: Comparison; candidate: string }) {
  const query = useQuery(judgedQuery(baseline.id, candidate));
  const mayStart = useCan("evaluations:run");
  const [chosen, setChosen] = useState<string>();
  return (
    <Card title="By a judge">
      <Loaded query={query}>
        {(all) => {
          const shown = all.find(({ id }) => id === chosen) ?? all[0];
          return (
            <div className="flex flex-col gap-4">
              {all.length > 1 && (
                <SelectField label="Judged comparison" fieldClassName="max-w-md" value={shown?.id} onChange={(event) => setChosen(event.target.value)}>
                  {all.map((one) => <option key={one.id} value={one.id}>{judgeOf(one)}, {one.created_at.slice(0, 16).replace("T", " ")}</option>)}
                </SelectField>
              )}
              {shown ? <Shown key={shown.id} judged={shown} /> : (
                <p className="text-sm text-muted">
                  A judge is a prompt that says which of two outputs is better. It is asked about every row twice, each output first once, and a side
                  wins a row only when both answers name it.
                </p>
              )}
              {mayStart && <StartJudging namespace={baseline.namespace} baseline={baseline.id} candidate={candidate} onStarted={setChosen} />}
            </div>
          );
        }}
      </Loaded>
    </Card>
  );
}

function Shown({ judged }: { judged: Judged }) {
  if (judged.figures) return <Outcome judged={judged} figures={judged.figures} />;
  const { progress_done: done, progress_total: rows } = judged;
  if (isOn(judged)) {
    return (
      <div className="flex flex-col gap-2">
        <p className="text-sm" role="status">
          {judgeOf(judged)}: {formatCount(done)} of {formatCount(rows)} rows. <span className="text-muted">It goes on without this page.</span>
        </p>
        <ProgressBar label="Progress of the judge" share={rows > 0 ? done / rows : null} />
      </div>
    );
  }
  return (
    <p className="text-sm break-words text-bad">
      {judgeOf(judged)}: {judged.state} after {formatCount(done)} of {formatCount(rows)} rows. {judged.error_message}{" "}
      {judged.error_code && <span className="font-mono text-xs">{judged.error_code}</span>}
    </p>
  );
}

function judgeOf({ judge, judge_number: number }: Judged): string {
  return `${judge}/${number}`;
}
