import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { CheckField } from "../../../components/Field";
import { Loaded } from "../../../components/States";
import { PAIR_JUDGE, scorerQuery, scorersQuery, type ScorerType, scorerTypesQuery } from "../queries";
import { isReady } from "./draft";
import { NewScorer } from "./NewScorer";

/** Marks scorers: those of the namespace that score one answer, and types that can be named as they are. */
export function Scorers({ namespace, chosen, onChange }: { namespace: string; chosen: readonly string[]; onChange: (scorers: string[]) => void }) {
  const types = useQuery(scorerTypesQuery);
  const own = useQuery(scorersQuery(namespace));
  const mayMake = useCan("artifacts:write");
  const [isMaking, setMaking] = useState(false);
  const names = (own.data ?? []).map((scorer) => scorer.name);
  const ready = (types.data ?? []).filter((type) => isReady(type) && !names.includes(type.name));
  const gone = chosen.filter((name) => !names.includes(name) && !ready.some((type) => type.name === name));
  const toggle = (name: string) => onChange(chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name]);
  const mark = (name: string) => ({ label: name, checked: chosen.includes(name), onChange: () => toggle(name) });

  return (
    <fieldset className="flex flex-col gap-2.5 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-medium">Scorers</legend>
      <Loaded query={types}>
        {(all) => (
          <Loaded query={own}>
            {() => (
              <div className="grid gap-x-4 gap-y-2.5 sm:grid-cols-2">
                {names.map((name) => <OwnScorer key={name} namespace={namespace} name={name} types={all} mark={mark(name)} />)}
                {ready.map((type) => <CheckField key={type.name} {...mark(type.name)} hint={type.description} />)}
                {own.isFetching ? null : gone.map((name) => <CheckField key={name} {...mark(name)} hint="Not in this namespace." />)}
              </div>
            )}
          </Loaded>
        )}
      </Loaded>
      {mayMake && <div><Button icon={Plus} onClick={() => setMaking(true)}>Make a scorer…</Button></div>}
      {isMaking && types.data && (
        <NewScorer
          namespace={namespace}
          types={types.data.filter((type) => type.name !== PAIR_JUDGE)}
          onClose={() => setMaking(false)}
          onMade={(name) => {
            setMaking(false);
            if (!chosen.includes(name)) onChange([...chosen, name]);
          }}
        />
      )}
    </fieldset>
  );
}

interface Mark {
  label: string;
  checked: boolean;
  onChange: () => void;
}

/** A scorer of the namespace, with what it is told; a judge of pairs only where a link has marked it, to be taken away. */
function OwnScorer({ namespace, name, types, mark }: { namespace: string; name: string; types: readonly ScorerType[]; mark: Mark }) {
  const { data, isError } = useQuery(scorerQuery(namespace, name));
  if (isError) return <CheckField {...mark} />;
  // Not before its type is known: a judge of pairs would show up and vanish.
  if (!data) return null;
  const { type, description, parameters } = data.body as { type: string; description: string; parameters: Record<string, unknown> };
  if (type === PAIR_JUDGE) return mark.checked ? <CheckField {...mark} hint="It compares two answers and scores none: start without it." /> : null;
  const told = Object.entries(parameters).map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(", ");
  const what = description || types.find((one) => one.name === type)?.description || type;
  return <CheckField {...mark} hint={name === type ? what : `${what}${told ? ` (${type}: ${told})` : ""}`} />;
}
