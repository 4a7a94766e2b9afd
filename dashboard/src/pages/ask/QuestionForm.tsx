import { useQuery } from "@tanstack/react-query";
import { CornerDownLeft, Square } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useState } from "react";
import { Button } from "../../components/Button";
import { SelectField, TextArea, TextField } from "../../components/Field";
import type { Collection } from "../documents/queries";
import { Narrowed } from "./Narrowed";
import { type Filters, filtersOf, impossible, narrowingFrom } from "./narrowing";
import { strategiesQuery } from "./queries";

export const MOST_CHARACTERS = 4_000;

interface QuestionFormProps {
  collections: readonly Collection[];
  namespace: string;
  initial: { question: string; collection: string; strategy: string; filters: Filters | null };
  busy: boolean;
  onAsk: (question: string, collection: string, strategy: string, filters: Filters | null) => void;
  onStop: () => void;
}

/** The question, what it is asked of, and the strategy that answers. Enter asks, Shift+Enter begins a line. */
export function QuestionForm({ collections, namespace, initial, busy, onAsk, onStop }: QuestionFormProps) {
  const [question, setQuestion] = useState(initial.question);
  const [collection, setCollection] = useState(initial.collection);
  const [strategy, setStrategy] = useState(initial.strategy);
  const [narrowing, setNarrowing] = useState(() => narrowingFrom(initial.filters));
  const { data: strategies = [] } = useQuery(strategiesQuery(namespace));
  const isReady = question.trim() !== "" && collection !== "" && impossible(filtersOf(narrowing)) === null && !busy;

  function submit(event?: FormEvent) {
    event?.preventDefault();
    if (isReady) onAsk(question.trim(), collection, strategy.trim() || "default", filtersOf(narrowing));
  }

  function onKey(event: KeyboardEvent) {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-3 rounded-lg border border-line-strong bg-surface px-4 pt-2.5 pb-3 focus-within:border-accent-ink">
      <TextArea
        label="Question"
        hideLabel
        rows={2}
        maxLength={MOST_CHARACTERS}
        value={question}
        placeholder="Ask a whole question…"
        className="-mx-2.5 max-h-60 w-[calc(100%+1.25rem)] resize-none border-transparent text-lg [field-sizing:content] focus-visible:outline-none"
        onChange={(event) => setQuestion(event.target.value)}
        onKeyDown={onKey}
      />
      <div className="flex items-end gap-3 max-sm:flex-wrap">
        <SelectField
          label="Collection"
          fieldClassName="w-44 min-w-0 shrink"
          value={collection}
          onChange={(event) => setCollection(event.target.value)}
        >
          {!collections.some((one) => one.name === collection) && <option value={collection}>{collection}</option>}
          {collections.map(({ name, documents }) => (
            <option key={name} value={name}>
              {name} ({documents})
            </option>
          ))}
        </SelectField>
        <TextField
          label="Strategy"
          fieldClassName="w-32 min-w-0 shrink"
          list="strategies"
          value={strategy}
          onChange={(event) => setStrategy(event.target.value)}
        />
        <datalist id="strategies">
          {strategies.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <span className="grow" />
        {busy ? (
          <Button icon={Square} onClick={onStop}>
            Stop
          </Button>
        ) : (
          <Button look="primary" type="submit" icon={CornerDownLeft} disabled={!isReady}>
            Ask
          </Button>
        )}
      </div>
      <Narrowed narrowing={narrowing} onChange={setNarrowing} />
    </form>
  );
}
