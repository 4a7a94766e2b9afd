import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { LocateFixed } from "lucide-react";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { TextField } from "../../components/Field";
import { ErrorState, Skeleton } from "../../components/States";
import { useSettled } from "../../components/useSettled";
import { documentsQuery } from "../documents/queries";
import { whyQuery } from "./queries";
import { Stages } from "./Stages";
import type { Asked, Expected } from "./explained";

interface WhyNotProps {
  asked: Asked;
  expected: Expected | undefined;
  onExpect: (expected: Expected) => void;
}

/** Asks what became of a passage that somebody expected in the answer, and shows it stage by stage. */
export function WhyNot({ asked, expected, onExpect }: WhyNotProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex flex-col gap-3 border-t border-line pt-4">
      <div>
        <h3 id={id} className="font-semibold">
          Why not this passage?
        </h3>
        <p className="text-sm text-muted">
          Name a document, and words of it that you expected in the answer. The question is asked once more of what is searched
          now, and every stage says what it did with the passage.
        </p>
      </div>
      <ExpectedForm asked={asked} expected={expected} onExpect={onExpect} />
      {expected && <Explanation asked={asked} expected={expected} />}
    </section>
  );
}

function ExpectedForm({ asked, expected, onExpect }: WhyNotProps) {
  const list = useId();
  const [document, setDocument] = useState(expected?.document ?? "");
  const [words, setWords] = useState(expected?.words ?? "");
  // A passage may be chosen elsewhere; what somebody types stays until then.
  useEffect(() => {
    setDocument(expected?.document ?? "");
    setWords(expected?.words ?? "");
  }, [expected?.document, expected?.words, expected?.from]);
  const name = useSettled(document.trim());
  const { data } = useInfiniteQuery({
    ...documentsQuery({ namespace: asked.namespace, collection: asked.collection, name: name || undefined }),
    placeholderData: keepPreviousData,
  });
  const names = data?.pages.flatMap((page) => page.items.map((one) => one.name)) ?? [];

  function submit(event: FormEvent) {
    event.preventDefault();
    if (document.trim()) onExpect({ document: document.trim(), words: words.trim() || undefined });
  }

  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
      <TextField
        label="Document"
        fieldClassName="min-w-40 grow basis-40"
        list={list}
        value={document}
        maxLength={512}
        onChange={(event) => setDocument(event.target.value)}
      />
      <datalist id={list}>
        {names.slice(0, 50).map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <TextField
        label="Words you expected"
        fieldClassName="min-w-40 grow-[2] basis-56"
        value={words}
        maxLength={1000}
        placeholder="Optional; else its nearest passage"
        onChange={(event) => setWords(event.target.value)}
      />
      <Button type="submit" icon={LocateFixed} disabled={!document.trim()}>
        Explain
      </Button>
    </form>
  );
}

function Explanation({ asked, expected }: { asked: Asked; expected: Expected }) {
  const { data, error, isPending, isPlaceholderData } = useQuery(whyQuery(asked, expected));
  const top = useRef<HTMLDivElement>(null);
  const isShown = data !== undefined && !isPlaceholderData;
  // A passage of the table above is explained below it, often out of sight.
  useEffect(() => {
    if (isShown) top.current?.scrollIntoView({ block: "nearest" });
  }, [isShown, expected.document, expected.words, expected.from]);
  return (
    <div ref={top} aria-live="polite" aria-busy={isPending || isPlaceholderData} className={isPlaceholderData ? "opacity-60" : ""}>
      {error ? <ErrorState error={error} /> : data ? <Stages why={data} /> : <Skeleton lines={4} />}
    </div>
  );
}
