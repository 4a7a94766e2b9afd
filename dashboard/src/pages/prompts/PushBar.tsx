import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Upload } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api, call, type Schema } from "../../api/client";
import { useNamespace } from "../../app/routes";
import { Button } from "../../components/Button";
import { TextField } from "../../components/Field";
import { announce } from "../../components/Live";
import { isName } from "../../components/names";
import { PushFailure } from "../../components/PushFailure";
import { Card } from "../../components/Page";
import { useAttempt } from "../../components/useAttempt";

/** Says why, and pushes the draft as the next version. */
export function PushBar({ name, body, from, latest, checked, isBlocked, onPushed }: {
  name: string;
  body: Schema<"PromptBody">;
  from: Schema<"PromptDetail"> | undefined;
  /** The latest version when the writing began; 0 for a new prompt. */
  latest: number;
  checked: Schema<"CheckedPrompt"> | undefined;
  /** Something in the form can't be read yet. */
  isBlocked: boolean;
  onPushed: () => void;
}) {
  const namespace = useNamespace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [message, setMessage] = useState("");
  const { isBusy, error, attempt } = useAttempt();
  const isSame = from !== undefined && checked?.digest === from.digest;
  const isFaulty = isBlocked || (checked?.faults.length ?? 1) > 0;
  const missing =
    name === "" ? "Give it a name first." : !isName(name) ? "Correct the name first." : isFaulty ? "Write the prompt, and correct what is marked, first." : "A push moves no label: what is released stays released.";

  async function push(after: number) {
    await attempt(async () => {
      const pushed = await call(api.POST("/api/v1/prompts", { params: { query: { namespace } }, body: { name, body, message, after } }));
      await client.invalidateQueries({ queryKey: ["prompts", namespace] });
      onPushed();
      announce(pushed.created ? `Pushed version ${pushed.number}.` : `This is version ${pushed.number} already: nothing was pushed.`);
      await navigate({ to: "/prompts/$name", params: { name: pushed.name }, search: { version: String(pushed.number) } });
    });
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void push(latest);
  }

  return (
    <Card>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <div className="flex flex-wrap items-end gap-3">
          <TextField
            label="Message (optional)"
            placeholder="What changed, and why"
            fieldClassName="min-w-52 grow"
            maxLength={2000}
            value={message}
            onChange={(event) => setMessage(event.target.value)}
          />
          <Button type="submit" look="primary" icon={Upload} busy={isBusy} disabled={!isName(name) || isFaulty || isSame}>
            Push {from ? "the next version" : "version 1"}
          </Button>
        </div>
        <p role="status" className="text-xs text-muted">
          {isSame ? `Nothing differs from version ${from.number} yet.` : missing}
        </p>
        <PushFailure
          error={error}
          isBusy={isBusy}
          look={(newer) => (
            <Link to="/prompts/$name/compare" params={{ name }} search={{ from: String(from?.number ?? 1), to: String(newer) }} target="_blank" className="text-sm underline">
              What version {newer} changed
            </Link>
          )}
          onPush={(after) => void push(after)}
        />
      </form>
    </Card>
  );
}
