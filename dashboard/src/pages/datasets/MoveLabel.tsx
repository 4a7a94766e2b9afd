import { useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { ConfirmDialog } from "../../components/Dialog";
import { TextArea, TextField } from "../../components/Field";
import { announce } from "../../components/Live";
import { explainRefusal } from "../releases/Refusal";
import { moveLabel } from "./queries";

/** Asks which label goes to a version, and why, and moves it. */
export function MoveLabel({ namespace, name, number, labels, onClose }: {
  namespace: string;
  name: string;
  number: number;
  /** Where the labels of this dataset point now. */
  labels: Readonly<Record<string, number>>;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const list = useId();
  const [label, setLabel] = useState("current");
  const [reason, setReason] = useState("");
  const now = labels[label];
  const names = [...new Set(["current", ...Object.keys(labels)])].filter((other) => other !== "latest");

  async function move() {
    await moveLabel(namespace, name, label, number, reason);
    await client.invalidateQueries({ queryKey: ["datasets", namespace] });
    announce(`${name}@${label} is now version ${number}.`);
  }

  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Label version ${number} of ${name}`}
      confirm={label ? `Move ${label} to ${number}` : "Move"}
      disabled={label === "" || now === number}
      explain={(error) => explainRefusal(error, { namespace, kind: "dataset", name, label, version: number, reason })}
      onConfirm={move}
    >
      <div className="flex flex-col gap-3">
        <TextField label="Label" list={list} value={label} spellCheck={false} onChange={(event) => setLabel(event.target.value)} />
        <datalist id={list}>
          {names.map((other) => <option key={other} value={other} />)}
        </datalist>
        <TextArea label="Reason (optional)" hint="Kept in the history." value={reason} maxLength={2000} onChange={(event) => setReason(event.target.value)} />
        <p role="status">
          {now === number
            ? `${label} points at version ${number} already.`
            : `${now === undefined ? "The label is new." : `It points at version ${now} now.`} The move stays in the audit log.`}
        </p>
      </div>
    </ConfirmDialog>
  );
}
