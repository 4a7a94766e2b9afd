import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ConfirmDialog } from "../../../components/Dialog";
import { TextField } from "../../../components/Field";
import { type QuestionDraft, startDraft } from "./queries";

interface StartDraftProps {
  namespace: string;
  collection: string;
  onClose: () => void;
  onStarted: (draft: QuestionDraft) => void;
}

const MOST = 200;

/** Has a prompt word questions about sentences of a collection. */
export function StartDraft({ namespace, collection, onClose, onStarted }: StartDraftProps) {
  const client = useQueryClient();
  const [prompt, setPrompt] = useState("");
  const [count, setCount] = useState("20");
  const [seed, setSeed] = useState("0");
  const questions = Number(count);
  const fits = Number.isInteger(questions) && questions >= 1 && questions <= MOST;
  const drawn = Number(seed);

  async function start() {
    const draft = await startDraft(namespace, { collection, prompt, questions, seed: drawn });
    await client.invalidateQueries({ queryKey: ["question-drafts", "list"] });
    onStarted(draft);
  }

  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title="Draft questions"
      confirm="Draft"
      disabled={prompt === "" || !fits || !Number.isInteger(drawn) || drawn < 0}
      onConfirm={start}
    >
      <div className="flex flex-col gap-3.5 text-ink">
        <p>
          Sentences are drawn from the documents, and a prompt words a question about each, which its sentence answers. You accept, reword or
          reject each one; those that you accept become rows of a dataset.
        </p>
        <TextField
          label="Prompt"
          isRequired
          hint="name@label or name/version; its variable is sentence, and passage and document if it wants them"
          placeholder="ask@production"
          value={prompt}
          spellCheck={false}
          onChange={(event) => setPrompt(event.target.value.trim())}
        />
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField
            label="Questions at most"
            inputMode="numeric"
            error={fits ? undefined : `From 1 to ${MOST}.`}
            value={count}
            onChange={(event) => setCount(event.target.value)}
          />
          <TextField label="Seed" inputMode="numeric" hint="Another one draws other sentences." value={seed} onChange={(event) => setSeed(event.target.value)} />
        </div>
      </div>
    </ConfirmDialog>
  );
}
