import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ConfirmDialog } from "../../../components/Dialog";
import { TextField } from "../../../components/Field";
import { numberFault } from "../../strategies/faults";
import { NumberField } from "../../strategies/NumberField";
import type { Range } from "../../strategies/options";
import { type QuestionDraft, startDraft } from "./queries";

interface StartDraftProps {
  namespace: string;
  collection: string;
  onClose: () => void;
  onStarted: (draft: QuestionDraft) => void;
}

const QUESTIONS: Range = { least: 1, most: 200, step: 1 };
const SEEDS: Range = { least: 0, most: Number.MAX_SAFE_INTEGER, step: 1 };

/** Has a prompt word questions about sentences of a collection. */
export function StartDraft({ namespace, collection, onClose, onStarted }: StartDraftProps) {
  const client = useQueryClient();
  const [prompt, setPrompt] = useState("");
  const [questions, setQuestions] = useState(20);
  const [seed, setSeed] = useState(0);
  const fits = numberFault(questions, QUESTIONS) === null && numberFault(seed, SEEDS) === null;

  async function start() {
    const draft = await startDraft(namespace, { collection, prompt, questions, seed });
    await client.invalidateQueries({ queryKey: ["question-drafts", "list"] });
    onStarted(draft);
  }

  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title="Draft questions"
      confirm="Draft"
      disabled={prompt === "" || !fits}
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
          <NumberField label="Questions at most" range={QUESTIONS} value={questions} onChange={setQuestions} />
          <NumberField label="Seed" hint="Another one draws other sentences." range={SEEDS} value={seed} onChange={setSeed} />
        </div>
      </div>
    </ConfirmDialog>
  );
}
