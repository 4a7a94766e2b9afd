import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ConfirmDialog } from "../../../components/Dialog";
import { CheckField, TextField } from "../../../components/Field";
import { formatCount } from "../../../components/format";
import { announce } from "../../../components/Live";
import { datasetNamed } from "../../datasets/queries";
import { pushLabels } from "./queries";

/** Makes the labels of a collection rows of a dataset, on which strategies are evaluated. */
export function PushLabels({ namespace, collection, onClose }: { namespace: string; collection: string; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [extend, setExtend] = useState(true);

  async function push() {
    const known = await datasetNamed(namespace, name);
    const kept = { description: known?.description ?? "", tags: known?.tags ?? [], extend: known !== undefined && extend };
    const { dataset, rows, left_out: leftOut } = await pushLabels(namespace, collection, name, kept);
    await client.invalidateQueries({ queryKey: ["datasets", namespace] });
    announce(`${dataset.name}/${dataset.number} holds ${formatCount(rows)} labelled answers${leftOut > 0 ? `; ${formatCount(leftOut)} say nothing of what is right` : ""}.`);
    await navigate({ to: "/datasets/$name", params: { name: dataset.name }, search: {} });
  }

  return (
    <ConfirmDialog open onClose={onClose} title="Make labels a dataset" confirm="Store the rows" disabled={name === ""} onConfirm={push}>
      <div className="flex flex-col gap-3.5 text-ink">
        <p>
          Each labelled answer becomes a row: its question, the right answer, and the sources that hold it. Answers that are not supported, where
          nobody said what is right, are left out. Whoever may read the dataset reads these words, whatever the documents' access lists say.
        </p>
        <TextField label="Dataset" isRequired hint="A new one, or one that gets another version." value={name} spellCheck={false} onChange={(event) => setName(event.target.value)} />
        <CheckField label="Keep the rows that the dataset has, if it is there" checked={extend} onChange={(event) => setExtend(event.target.checked)} />
      </div>
    </ConfirmDialog>
  );
}
