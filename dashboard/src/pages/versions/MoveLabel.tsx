import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { ConfirmDialog } from "../../components/Dialog";
import { SelectField, TextArea, TextField } from "../../components/Field";
import { explainRefusal } from "../releases/Refusal";
import type { Artifact } from "./artifact";
import { moveLabel } from "./moving";
import { versionsQuery } from "./queries";

const USUAL = ["production", "staging"];

/** Asks which label goes to which version, and why, and moves it. */
export function MoveLabel({ artifact, number: proposed, labels, onClose }: {
  artifact: Artifact;
  /** The version that is chosen at first. */
  number: number;
  /** Where the labels of this artifact point now. */
  labels: Readonly<Record<string, number>>;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const list = useId();
  const [label, setLabel] = useState(USUAL.find((usual) => labels[usual] !== proposed) ?? "production");
  const [reason, setReason] = useState("");
  const [number, setNumber] = useState(proposed);
  const { data } = useInfiniteQuery(versionsQuery(artifact));
  const loaded = data?.pages.flatMap((page) => page.items.map((version) => version.number)) ?? [];
  const numbers = [...new Set([proposed, ...loaded])].sort((a, b) => b - a);
  const now = labels[label];
  const names = [...new Set([...USUAL, ...Object.keys(labels)])].filter((other) => other !== "latest");

  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Label version ${number} of ${artifact.name}`}
      confirm={label ? `Move ${label} to ${number}` : "Move"}
      disabled={label === "" || now === number}
      explain={(error) => explainRefusal(error, { ...artifact, label, version: number, reason })}
      onConfirm={() => moveLabel(client, { ...artifact, label, from: now, to: number, reason })}
    >
      <div className="flex flex-col gap-3">
        <TextField label="Label" list={list} value={label} spellCheck={false} onChange={(event) => setLabel(event.target.value)} />
        <datalist id={list}>
          {names.map((other) => <option key={other} value={other} />)}
        </datalist>
        <SelectField label="Version" value={number} onChange={(event) => setNumber(Number(event.target.value))}>
          {numbers.map((other) => <option key={other} value={other}>{other}</option>)}
        </SelectField>
        <TextArea label="Reason (optional)" hint="Kept in the history." value={reason} maxLength={2000} onChange={(event) => setReason(event.target.value)} />
        <p role="status">{consequence(label, number, now)}</p>
      </div>
    </ConfirmDialog>
  );
}

function consequence(label: string, number: number, now: number | undefined): string {
  if (label === "") return "Name the label.";
  if (now === number) return `${label} points at version ${number} already. Choose another version.`;
  const from = now === undefined ? "The label is new." : `It points at version ${now} now.`;
  return `${from} Whoever asks for ${label} gets version ${number} from then on. The move stays in the history and the audit log.`;
}
