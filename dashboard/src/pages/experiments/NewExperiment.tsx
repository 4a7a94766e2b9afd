import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { LockKeyhole, Play } from "lucide-react";
import { type FormEvent, useState } from "react";
import { meQuery, useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Button } from "../../components/Button";
import { TextField } from "../../components/Field";
import { announce } from "../../components/Live";
import { Card, Page } from "../../components/Page";
import { EmptyState, ErrorState, Loaded } from "../../components/States";
import { explainRefusal } from "../releases/Refusal";
import { ArmFields } from "./ArmFields";
import { bodyOf, missing } from "./draft";
import { MetricFields } from "./MetricFields";
import { createExperiment } from "./queries";
import { SubjectFields } from "./SubjectFields";
import { TrafficFields } from "./TrafficFields";
import { useDraft } from "./useDraft";

/** Everything about an experiment is named here, before the data. */
export function NewExperiment() {
  const me = useQuery(meQuery);
  const mayWrite = useCan("experiments:write");
  return (
    <Page
      title="New experiment"
      above={<Link to="/experiments" className="hover:underline">Experiments</Link>}
      description="Nothing of it can be changed once it is stored: what was named before the data is what the promise rests on."
    >
      <Loaded query={me}>
        {() =>
          mayWrite ? (
            <Form />
          ) : (
            <EmptyState icon={LockKeyhole} title="Not for your key">
              Ask for one with the scope <code className="font-mono text-xs">experiments:write</code>.
            </EmptyState>
          )
        }
      </Loaded>
    </Page>
  );
}

function Form() {
  const [draft, change, leaveUrl] = useDraft();
  const namespace = useNamespace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState<"start" | "keep" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const left = missing(draft);
  const mayStart = useCan("labels:write");

  async function create(start: boolean) {
    if (left.length > 0) return;
    leaveUrl();
    setBusy(start ? "start" : "keep");
    setError(null);
    try {
      const made = await createExperiment(client, namespace, bodyOf(draft, start));
      announce(start ? `${made.name} runs on ${made.artifact}@${made.label}.` : `${made.name} is kept as a draft.`);
      await navigate({ to: "/experiments/$name", params: { name: made.name } });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(null);
    }
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (mayStart) void create(true);
  }

  return (
    <form className="flex flex-col gap-5" noValidate onSubmit={submit}>
      <Card title="What is compared">
        <div className="flex flex-col gap-4">
          <TextField
            label="Name" isRequired autoFocus maxLength={128} spellCheck={false} value={draft.name} hint="What it finds stays under this name."
            onChange={(event) => change({ name: event.target.value })}
          />
          <SubjectFields draft={draft} onChange={change} />
          <ArmFields draft={draft} onChange={change} />
        </div>
      </Card>
      <MetricFields draft={draft} onChange={change} />
      <TrafficFields draft={draft} onChange={change} />
      {error !== null && (explainRefusal(error) ?? <ErrorState error={error} />)}
      <div className="sticky bottom-0 z-10 -mx-4 flex flex-wrap items-center gap-3 border-t border-line bg-surface px-4 py-3 md:mx-0 md:rounded-lg md:border">
        <p role="status" className="min-w-0 grow text-sm text-muted">
          {left[0] ?? (mayStart ? `Units that ask for ${draft.artifact}@${draft.label} get one of the arms.` : "To start it, your key needs the scope labels:write too.")}
        </p>
        <Button disabled={left.length > 0 || busy !== null} busy={busy === "keep"} onClick={() => void create(false)}>Keep as a draft</Button>
        <Button look="primary" icon={Play} type="submit" disabled={left.length > 0 || !mayStart || busy !== null} busy={busy === "start"}>Start</Button>
      </div>
    </form>
  );
}
