import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Scale } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { SelectField } from "../../../components/Field";
import { Failure, Loaded } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import { PAIR_JUDGE, scorerTypesQuery } from "../queries";
import { NewScorer } from "../start/NewScorer";
import { judgesQuery, startJudging } from "./queries";

/** Chooses a judge, and lets it judge. */
export function StartJudging({ namespace, baseline, candidate, onStarted }: {
  namespace: string;
  baseline: string;
  candidate: string;
  onStarted: (id: string) => void;
}) {
  const client = useQueryClient();
  const judges = useQuery(judgesQuery(namespace));
  const [chosen, setChosen] = useState<string>();
  const { isBusy, error, attempt } = useAttempt();

  async function start(judge: string) {
    await attempt(async () => {
      const started = await startJudging(namespace, { baseline, candidate, judge });
      await client.invalidateQueries({ queryKey: ["judged comparisons", "list"] });
      onStarted(started.id);
    });
  }

  return (
    <Loaded query={judges} loading={null}>
      {(names) =>
        names.length === 0 ? (
          <NoJudge namespace={namespace} />
        ) : (
          <div className="flex flex-col gap-3">
            <div className="flex flex-wrap items-end gap-3">
              <SelectField label="Judge" fieldClassName="min-w-48" value={chosen ?? names[0]} onChange={(event) => setChosen(event.target.value)}>
                {names.map((name) => <option key={name} value={name}>{name}</option>)}
              </SelectField>
              <Button icon={Scale} busy={isBusy} onClick={() => void start(chosen ?? names[0] ?? "")}>Let it judge</Button>
            </div>
            <Failure error={error} />
          </div>
        )
      }
    </Loaded>
  );
}

/** Where there is none to choose, one can be made. */
function NoJudge({ namespace }: { namespace: string }) {
  const types = useQuery(scorerTypesQuery).data?.filter((type) => type.name === PAIR_JUDGE);
  const mayMake = useCan("artifacts:write");
  const [isMaking, setMaking] = useState(false);
  return (
    <div className="flex flex-col items-start gap-3">
      <p className="text-sm text-muted">There is no judge of pairs here yet: push a scorer of the type <code>{PAIR_JUDGE}</code>.</p>
      {mayMake && types && <Button icon={Plus} onClick={() => setMaking(true)}>Make a judge…</Button>}
      {isMaking && types && <NewScorer namespace={namespace} types={types} onClose={() => setMaking(false)} onMade={() => setMaking(false)} />}
    </div>
  );
}
