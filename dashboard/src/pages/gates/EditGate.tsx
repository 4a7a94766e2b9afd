import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { DoorClosed, LockKeyhole } from "lucide-react";
import { type FormEvent, useState } from "react";
import { meQuery, useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Button } from "../../components/Button";
import { announce } from "../../components/Live";
import { Page } from "../../components/Page";
import { EmptyState, ErrorState, Loaded } from "../../components/States";
import { bodyOf, type Draft, draftOf, EMPTY_DRAFT, missing } from "./draft";
import { gateQuery, setGate } from "./queries";
import { RequirementFields } from "./RequirementFields";
import { RuleFields } from "./RuleFields";
import { SubjectFields } from "./SubjectFields";

const route = getRouteApi("/workspace/gates/-/edit");

/** Writes a gate, or the next version of one. */
export function EditGate() {
  const { gate: name } = route.useSearch();
  const me = useQuery(meQuery);
  const mayWrite = useCan("gates:write");
  return (
    <Page
      title={name === undefined ? "New gate" : `Change ${name}`}
      above={<Link to="/gates" className="hover:underline">Gates</Link>}
      description="It protects from the moment that it is put in force; its versions stay."
    >
      <Loaded query={me}>
        {() => {
          if (!mayWrite) {
            return (
              <EmptyState icon={LockKeyhole} title="Not for your key">
                Owners set up gates: ask for a key with the scope <code className="font-mono text-xs">gates:write</code>.
              </EmptyState>
            );
          }
          return name === undefined ? <Form draft={EMPTY_DRAFT} isNew /> : <NextVersion name={name} />;
        }}
      </Loaded>
    </Page>
  );
}

function NextVersion({ name }: { name: string }) {
  const query = useQuery({ ...gateQuery(useNamespace(), name), refetchOnMount: false });
  return <Loaded query={query}>{(gate) => <Form key={name} draft={draftOf(gate)} isNew={false} />}</Loaded>;
}

function Form({ draft: first, isNew }: { draft: Draft; isNew: boolean }) {
  const [draft, setDraft] = useState(first);
  const namespace = useNamespace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const left = missing(draft);
  const change = (next: Partial<Draft>) => setDraft((old) => ({ ...old, ...next }));

  async function put() {
    setBusy(true);
    setError(null);
    try {
      await setGate(client, namespace, { name: draft.name, body: bodyOf(draft), message: "" });
      announce(draft.enabled ? `${draft.name} is in force.` : `${draft.name} protects nothing any more.`);
      await navigate({ to: "/gates/$name", params: { name: draft.name } });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (left.length === 0) void put();
  }

  return (
    <form className="flex flex-col gap-5" noValidate onSubmit={submit}>
      <SubjectFields draft={draft} isNew={isNew} onChange={change} />
      <RequirementFields draft={draft} onChange={change} />
      <RuleFields draft={draft} onChange={change} />
      {error !== null && <ErrorState error={error} />}
      <div className="sticky bottom-0 z-10 -mx-4 flex flex-wrap items-center gap-3 border-t border-line bg-surface px-4 py-3 md:mx-0 md:rounded-lg md:border">
        <p role="status" className="min-w-0 grow text-sm text-muted">
          {left[0] ?? (draft.enabled ? `From then on ${draft.label} moves on what this gate asks for.` : "Switched off, it protects nothing.")}
        </p>
        <Button look="primary" icon={DoorClosed} type="submit" disabled={left.length > 0} busy={isBusy}>Put in force</Button>
      </div>
    </form>
  );
}
