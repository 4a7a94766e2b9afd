import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, call } from "../../api/client";
import { ConfirmDialog } from "../../components/Dialog";
import { CheckField, SelectField, TextField } from "../../components/Field";
import { formatCount } from "../../components/format";
import { announce } from "../../components/Live";
import { datasetNamed } from "./queries";
import { Sealing } from "./upload/Sealing";
import { sharesOf } from "./upload/columns";

/** As many runs as the engine makes rows of at once. */
export const MOST_RUNS = 1_000;

const EXPECTED = {
  demonstration: "What somebody gave as a demonstration",
  output: "The output of the run",
  nothing: "Nothing",
} as const;

/** Makes a version of stored runs: a row each, of what it was given. */
export function FromExecutions({ namespace, ids, onClose }: { namespace: string; ids: readonly string[]; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [expected, setExpected] = useState<keyof typeof EXPECTED>("demonstration");
  const [sealed, setSealed] = useState(0);
  const [extend, setExtend] = useState(true);
  const runs = ids.slice(0, MOST_RUNS);
  const what = runs.length === 1 ? "1 run" : `${formatCount(runs.length)} runs`;

  async function push() {
    const known = await datasetNamed(namespace, name);
    const kept = { description: known?.description ?? "", tags: known?.tags ?? [], extend: known !== undefined && extend };
    const body = { name, ...kept, message: "", labels: [], execution_ids: [...runs], expected, shares: sharesOf(sealed), seed: 0 };
    const pushed = await call(api.POST("/api/v1/datasets/from-executions", { params: { query: { namespace } }, body }));
    await client.invalidateQueries({ queryKey: ["datasets", namespace] });
    announce(pushed.created ? `Stored version ${pushed.number} of ${pushed.name}.` : `${pushed.name} has these very rows already.`);
    await navigate({ to: "/datasets/$name", params: { name: pushed.name }, search: {} });
  }

  return (
    <ConfirmDialog open onClose={onClose} title={`Make rows of ${what}`} confirm="Store the rows" disabled={name === ""} onConfirm={push}>
      <div className="flex flex-col gap-3.5 text-ink">
        <p>Each run becomes a row of the variables that it was given. These are the runs in the list, as far as it is loaded.</p>
        <TextField label="Dataset" isRequired hint="A new one, or one that gets another version." value={name} spellCheck={false} onChange={(event) => setName(event.target.value)} />
        <SelectField label="Expected" value={expected} onChange={(event) => setExpected(event.target.value as keyof typeof EXPECTED)}>
          {Object.entries(EXPECTED).map(([value, word]) => <option key={value} value={value}>{word}</option>)}
        </SelectField>
        <CheckField label="Keep the rows that the dataset has, if it is there" checked={extend} onChange={(event) => setExtend(event.target.checked)} />
        <Sealing percent={sealed} hasSplits={false} error={null} onChange={setSealed} />
      </div>
    </ConfirmDialog>
  );
}
