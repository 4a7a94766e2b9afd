import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { ConfirmDialog } from "../../components/Dialog";
import { CheckField, TextField } from "../../components/Field";
import { formatCount } from "../../components/format";
import { announce } from "../../components/Live";
import { datasetNamed } from "./queries";

/** How rows become a version of a dataset that may be there. */
export interface Kept {
  description: string;
  tags: string[];
  extend: boolean;
}

interface PushRowsProps {
  namespace: string;
  title: string;
  /** What the rows are made of, such as "labelled answers". */
  noun: string;
  push: (name: string, kept: Kept) => Promise<{ dataset: { name: string; number: number }; rows: number; left_out: number }>;
  onClose: () => void;
  /** What a row is, and what is left out. */
  children: ReactNode;
}

/** Makes what people said rows of a dataset, on which strategies are evaluated. */
export function PushRows({ namespace, title, noun, push, onClose, children }: PushRowsProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [extend, setExtend] = useState(true);

  async function store() {
    const known = await datasetNamed(namespace, name);
    const kept = { description: known?.description ?? "", tags: known?.tags ?? [], extend: known !== undefined && extend };
    const { dataset, rows, left_out: leftOut } = await push(name, kept);
    await client.invalidateQueries({ queryKey: ["datasets", namespace] });
    announce(`${dataset.name}/${dataset.number} holds ${formatCount(rows)} ${noun}${leftOut > 0 ? `; ${formatCount(leftOut)} left out` : ""}.`);
    await navigate({ to: "/datasets/$name", params: { name: dataset.name }, search: {} });
  }

  return (
    <ConfirmDialog open onClose={onClose} title={title} confirm="Store the rows" disabled={name === ""} onConfirm={store}>
      <div className="flex flex-col gap-3.5 text-ink">
        <p>{children} Whoever may read the dataset reads these words, whatever the documents' access lists say.</p>
        <TextField label="Dataset" isRequired hint="A new one, or one that gets another version." value={name} spellCheck={false} onChange={(event) => setName(event.target.value)} />
        <CheckField label="Keep the rows that the dataset has, if it is there" checked={extend} onChange={(event) => setExtend(event.target.checked)} />
      </div>
    </ConfirmDialog>
  );
}
