import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Play, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Button } from "../../components/Button";
import { Card } from "../../components/Page";
import { knownValues, missingNames, type Values, withEmptyTexts } from "../../components/schema/fields";
import { SchemaForm } from "../../components/schema/SchemaForm";
import { Loaded } from "../../components/States";
import { useSettled } from "../../components/useSettled";
import { type Choice, choiceOf } from "../versions/choice";
import { ModelField } from "./ModelField";
import { parameterSchema } from "./parameters";
import { promptQuery } from "./queries";
import { promptRoute } from "./routes";
import { RunOutput } from "./RunOutput";
import { RunPreview } from "./RunPreview";
import type { RunSearch } from "./search";
import { useRun } from "./useRun";

const route = getRouteApi("/workspace/prompts/$name/run");
/** Longer inputs stay out of the URL: browsers and proxies cut long ones. */
const LONGEST_IN_URL = 4_000;

/** Run any version on any model: the inputs are in the URL, and so is the run whose answer is shown. */
export function RunTab() {
  const { name } = promptRoute.useParams();
  const { version } = promptRoute.useSearch();
  const query = useQuery(promptQuery(useNamespace(), name, version));
  // By its label where one is open: the run then records the lock of that release.
  const chosen = (found: Schema<"PromptDetail">) => (version === undefined ? { version: found.number } : choiceOf(version));
  return <Loaded query={query}>{(found) => <Run key={name} name={name} found={found} chosen={chosen(found)} />}</Loaded>;
}

function Run({ name, found, chosen }: { name: string; found: Schema<"PromptDetail">; chosen: Choice }) {
  const namespace = useNamespace();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const schema = found.inputs;
  const [values, setValues] = useState<Values>(search.variables ?? {});
  const [parameters, setParameters] = useState<Values>(search.parameters ?? {});
  const change = (next: RunSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  const { state, start, cancel } = useRun((completed) => change({ execution: completed.execution_id }));
  const mayRun = useCan("prompts:run");
  const isRunning = state.phase === "running";
  const given = knownValues(schema, values);
  const missing = missingNames(schema, given);
  const form = useRef<HTMLFormElement>(null);
  /** How often a run was stopped because something was missing; from then on it is marked. */
  const [stops, setStops] = useState(0);
  const faults = stops === 0 ? {} : Object.fromEntries(missing.map((one) => [one, "The run needs a value here."]));
  const settled = useSettled(values);

  useEffect(() => {
    change({ variables: inUrl(settled), parameters: inUrl(parameters) });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- follows what was typed, not the URL
  }, [settled, parameters]);

  useEffect(() => {
    if (stops > 0) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [stops]);

  function run() {
    if (missing.length > 0) {
      setStops((before) => before + 1);
      return;
    }
    change({ execution: undefined });
    start({
      namespace,
      name,
      body: {
        ...chosen,
        variables: given,
        model: search.model ?? null,
        parameters: Object.keys(parameters).length > 0 ? parameters : null,
      },
    });
  }

  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,22rem)_minmax(0,1fr)]">
      <form
        ref={form}
        className="flex min-w-0 flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <Card title="Variables">
          {Object.keys(schema.properties ?? {}).length === 0 ? (
            <p className="text-sm text-muted">This version has no variables.</p>
          ) : (
            <SchemaForm schema={schema} values={values} onChange={setValues} faults={faults} />
          )}
        </Card>
        <Card title="Model">
          <div className="flex flex-col gap-3.5">
            <ModelField own={found.body.model ?? undefined} value={search.model} onChange={(model) => change({ model })} />
            <details className="group">
              <summary className="text-sm font-medium text-muted hover:text-ink">Parameters for this run</summary>
              <div className="pt-3">
                <SchemaForm schema={parameterSchema(found.body.parameters ?? {})} values={parameters} onChange={setParameters} />
              </div>
            </details>
          </div>
        </Card>
        <div className="flex items-center gap-2">
          {/* Two elements, not one that changes: a click on Cancel would submit the form again. */}
          {isRunning ? (
            <Button key="cancel" icon={Square} onClick={cancel}>
              Cancel
            </Button>
          ) : (
            <Button key="run" type="submit" look="primary" icon={Play} disabled={!mayRun}>
              Run version {found.number}
            </Button>
          )}
          {!mayRun && <p className="text-xs text-muted">Your key lacks the scope prompts:run.</p>}
        </div>
      </form>
      <div className="flex min-w-0 flex-col gap-5">
        <RunOutput state={state} executionId={search.execution} />
        <RunPreview found={found} variables={withEmptyTexts(schema, knownValues(schema, settled))} />
      </div>
    </div>
  );
}

function inUrl(values: Values): Values | undefined {
  const isLong = JSON.stringify(values).length > LONGEST_IN_URL;
  return isLong || Object.keys(values).length === 0 ? undefined : values;
}
