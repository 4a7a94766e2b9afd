import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Upload } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api, call, type Schema } from "../../api/client";
import { useNamespace } from "../../app/routes";
import { Button } from "../../components/Button";
import { TextField } from "../../components/Field";
import { announce } from "../../components/Live";
import { Card } from "../../components/Page";
import { ErrorState } from "../../components/States";

/** Says why, and pushes the draft as the next version. */
export function PushBar({ name, body, from, checked, isBlocked, onPushed }: {
  name: string;
  body: Schema<"PromptBody">;
  from: Schema<"PromptDetail"> | undefined;
  checked: Schema<"CheckedPrompt"> | undefined;
  /** Something in the form can't be read yet. */
  isBlocked: boolean;
  onPushed: () => void;
}) {
  const namespace = useNamespace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [message, setMessage] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isSame = from !== undefined && checked?.digest === from.digest;
  const isFaulty = isBlocked || (checked?.faults.length ?? 1) > 0;
  const missing =
    name === "" ? "Give it a name first." : isFaulty ? "Write the prompt, and correct what is marked, first." : "A push moves no label: what is released stays released.";

  async function push(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const pushed = await call(api.POST("/api/v1/prompts", { params: { query: { namespace } }, body: { name, body, message } }));
      await client.invalidateQueries({ queryKey: ["prompts", namespace] });
      onPushed();
      announce(pushed.created ? `Pushed version ${pushed.number}.` : `This is version ${pushed.number} already: nothing was pushed.`);
      await navigate({ to: "/prompts/$name", params: { name: pushed.name }, search: { version: String(pushed.number) } });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  return (
    <Card>
      <form onSubmit={push} className="flex flex-col gap-3">
        <div className="flex flex-wrap items-end gap-3">
          <TextField
            label="Message (optional)"
            placeholder="What changed, and why"
            fieldClassName="min-w-52 grow"
            maxLength={2000}
            value={message}
            onChange={(event) => setMessage(event.target.value)}
          />
          <Button type="submit" look="primary" icon={Upload} busy={busy} disabled={name === "" || isFaulty || isSame}>
            Push {from ? "the next version" : "version 1"}
          </Button>
        </div>
        <p role="status" className="text-xs text-muted">
          {isSame ? `Nothing differs from version ${from.number} yet.` : missing}
        </p>
        {error !== null && <ErrorState error={error} />}
      </form>
    </Card>
  );
}
