import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { DoorClosed, LockKeyhole } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { meQuery, useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Button } from "../../components/Button";
import { announce } from "../../components/Live";
import { LeaveGuard } from "../../components/LeaveGuard";
import { PushFailure } from "../../components/PushFailure";
import { Page } from "../../components/Page";
import { EmptyState, Loaded } from "../../components/States";
import { useAttempt } from "../../components/useAttempt";
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
          return name === undefined ? <Form draft={EMPTY_DRAFT} latest={0} /> : <NextVersion name={name} />;
        }}
      </Loaded>
    </Page>
  );
}

function NextVersion({ name }: { name: string }) {
  const query = useQuery({ ...gateQuery(useNamespace(), name), refetchOnMount: false });
  return <Loaded query={query}>{(gate) => <Form key={name} draft={draftOf(gate)} latest={gate.latest} />}</Loaded>;
}

/** `latest` is the gate's latest version, 0 for a new one. */
function Form({ draft: first, latest }: { draft: Draft; latest: number }) {
  const [draft, setDraft] = useState(first);
  const [seen] = useState(latest);
  const isPut = useRef(false);
  const namespace = useNamespace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { isBusy, error, attempt } = useAttempt();
  const left = missing(draft);
  const change = (next: Partial<Draft>) => setDraft((old) => ({ ...old, ...next }));

  async function put(after: number) {
    await attempt(async () => {
      await setGate(client, namespace, { name: draft.name, body: bodyOf(draft), message: "", after });
      isPut.current = true;
      announce(draft.enabled ? `${draft.name} is in force.` : `${draft.name} protects nothing any more.`);
      await navigate({ to: "/gates/$name", params: { name: draft.name } });
    });
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (left.length === 0) void put(seen);
  }

  return (
    <form className="flex flex-col gap-5" noValidate onSubmit={submit}>
      <LeaveGuard isDirty={() => draft !== first && !isPut.current} title="Leave without putting it in force?" />
      <SubjectFields draft={draft} isNew={latest === 0} onChange={change} />
      <RequirementFields draft={draft} onChange={change} />
      <RuleFields draft={draft} onChange={change} />
      <PushFailure error={error} isBusy={isBusy} onPush={(after) => void put(after)} />
      <div className="sticky bottom-0 z-10 -mx-4 flex flex-wrap items-center gap-3 border-t border-line bg-surface px-4 py-3 md:mx-0 md:rounded-lg md:border">
        <p role="status" className="min-w-0 grow text-sm text-muted">
          {left[0] ?? (draft.enabled ? `From then on ${draft.label} moves on what this gate asks for.` : "Switched off, it protects nothing.")}
        </p>
        <Button look="primary" icon={DoorClosed} type="submit" disabled={left.length > 0} busy={isBusy}>Put in force</Button>
      </div>
    </form>
  );
}
