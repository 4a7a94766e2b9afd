import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, call } from "../../../api/client";
import { modelsQuery } from "../../../api/queries";
import { Button } from "../../../components/Button";
import { Dialog } from "../../../components/Dialog";
import { SelectField, TextArea, TextField } from "../../../components/Field";
import { announce } from "../../../components/Live";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import { providersQuery } from "../queries";
import { type ProviderDraft, providerOf } from "./draft";

const FORM = "new-provider";
const EMPTY: ProviderDraft = { name: "", baseUrl: "", credential: "", models: "", schemaStyle: "json_schema", tokensField: "max_tokens" };

/** Sets up a model server; its credential goes in here and is never shown again. */
export function NewProviderDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState(EMPTY);
  const { isBusy, error, attempt } = useAttempt();
  const set = (next: Partial<ProviderDraft>) => setDraft((before) => ({ ...before, ...next }));

  async function create(event: FormEvent) {
    event.preventDefault();
    await attempt(async () => {
      const made = await call(api.POST("/api/v1/providers", { body: providerOf(draft) }));
      await Promise.all([providersQuery, modelsQuery].map(({ queryKey }) => client.invalidateQueries({ queryKey })));
      announce(`The provider ${made.name} is set up. Test it now.`);
      onClose();
    });
  }

  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Add a provider"
      description="An OpenAI-compatible server. Prompts name its models as provider/model."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} busy={isBusy}>
            Add provider
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={create} autoComplete="off" className="grid gap-4 sm:grid-cols-2">
        <TextField label="Name" hint="Such as lab or openai." required autoFocus value={draft.name} onChange={(event) => set({ name: event.target.value })} />
        <TextField
          label="Base URL"
          hint="Up to the version: http://127.0.0.1:8000/v1"
          type="url"
          required
          value={draft.baseUrl}
          onChange={(event) => set({ baseUrl: event.target.value })}
        />
        <TextField
          label="Credential"
          hint="The server's API key, if it wants one. Encrypted at rest, never shown again."
          type="password"
          autoComplete="new-password"
          fieldClassName="sm:col-span-2"
          value={draft.credential}
          onChange={(event) => set({ credential: event.target.value })}
        />
        <TextArea
          label="Models"
          hint="One a line. Left empty, any model of the server may be asked for."
          fieldClassName="sm:col-span-2"
          value={draft.models}
          onChange={(event) => set({ models: event.target.value })}
        />
        <SelectField
          label="Schemas of answers"
          hint="llama-cpp-python's server takes json_object."
          value={draft.schemaStyle}
          onChange={(event) => set({ schemaStyle: event.target.value as ProviderDraft["schemaStyle"] })}
        >
          <option value="json_schema">json_schema</option>
          <option value="json_object">json_object</option>
        </SelectField>
        <SelectField
          label="Limit of tokens"
          hint="OpenAI's own models take max_completion_tokens."
          value={draft.tokensField}
          onChange={(event) => set({ tokensField: event.target.value as ProviderDraft["tokensField"] })}
        >
          <option value="max_tokens">max_tokens</option>
          <option value="max_completion_tokens">max_completion_tokens</option>
        </SelectField>
        <div className="sm:col-span-2 empty:hidden">
          <Failure error={error} />
        </div>
      </form>
    </Dialog>
  );
}
