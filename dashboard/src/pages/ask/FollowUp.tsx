import { CornerDownLeft } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { TextField } from "../../components/Field";
import { MOST_CHARACTERS } from "./QuestionForm";

/** A question that goes on from the answer above it. */
export function FollowUp({ onAsk }: { onAsk: (question: string) => void }) {
  const [question, setQuestion] = useState("");

  function submit(event: FormEvent) {
    event.preventDefault();
    if (question.trim() !== "") onAsk(question.trim());
  }

  return (
    <form onSubmit={submit} className="flex items-end gap-3">
      <TextField
        label="Follow-up"
        fieldClassName="grow"
        maxLength={MOST_CHARACTERS}
        value={question}
        placeholder="And when was that?"
        onChange={(event) => setQuestion(event.target.value)}
      />
      <Button look="primary" type="submit" icon={CornerDownLeft} disabled={question.trim() === ""}>
        Ask follow-up
      </Button>
    </form>
  );
}
