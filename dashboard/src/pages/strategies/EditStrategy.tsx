import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { Upload } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Button } from "../../components/Button";
import { SelectField, TextField } from "../../components/Field";
import { announce } from "../../components/Live";
import { LeaveGuard } from "../../components/LeaveGuard";
import { isName, NAME_HINT } from "../../components/names";
import { Page } from "../../components/Page";
import { PushFailure } from "../../components/PushFailure";
import { Loaded } from "../../components/States";
import { useAttempt } from "../../components/useAttempt";
import { Tabs } from "../../components/Tabs";
import { useSettled } from "../../components/useSettled";
import { filledCollectionsQuery } from "../documents/queries";
import { AnswerPreview } from "./AnswerPreview";
import { CalibrationFields } from "./CalibrationFields";
import { ChunksPreview } from "./ChunksPreview";
import { ComposingFields } from "./ComposingFields";
import { faultsOf } from "./faults";
import { FilterFields } from "./FilterFields";
import { JudgingFields } from "./JudgingFields";
import { OptionFields } from "./OptionFields";
import { type Body, differences } from "./options";
import { pushStrategy, versionQuery } from "./queries";
import { RerankingFields } from "./RerankingFields";
import { RewritingFields } from "./RewritingFields";
import type { EditSearch } from "./routes";
import { withOptions } from "./sweeps/grid";

const route = getRouteApi("/workspace/strategies/-/edit");
const OWN: Body = {} as Body;
const TABS = [{ name: "answer", label: "Answers" }, { name: "chunks", label: "Chunks" }] as const;

/** Writes a strategy beside what it does to a question and to a document. */
export function EditStrategy() {
  const { strategy } = route.useSearch();
  const namespace = useNamespace();
  const query = useQuery({ ...versionQuery(namespace, strategy ?? ""), enabled: strategy !== undefined, refetchOnWindowFocus: false });
  return (
    <Page
      wide
      title={strategy ?? "New strategy"}
      above={<Above strategy={strategy} />}
      description="What you change shows at once; nothing is used before you push it."
    >
      {strategy === undefined ? (
        <Editor now={OWN} nowName="The engine’s own" name="" latest={0} />
      ) : (
        <Loaded query={query}>
          {({ name, number, body }) => <Editor key={`${name}/${number}`} now={body as Body} nowName={`${name}, version ${number}`} name={name} latest={number} />}
        </Loaded>
      )}
    </Page>
  );
}

function Above({ strategy }: { strategy: string | undefined }) {
  const name = strategy?.split(/[/@]/)[0];
  return (
    <>
      <Link to="/strategies" className="hover:underline">Strategies</Link>
      {name && (
        <>
          {" / "}
          <Link to="/strategies/$name/versions" params={{ name }} className="break-all hover:underline">Versions of {name}</Link>
        </>
      )}
    </>
  );
}

/** `latest` is the strategy's latest version, from which is written; 0 for a new one. */
function Editor({ now, nowName, name, latest }: { now: Body; nowName: string; name: string; latest: number }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (next: EditSearch) => void navigate({ search: (before) => ({ ...before, ...next }), replace: true, resetScroll: false });
  const [body, setBody] = useState(() => withOptions(now, search.options ?? {}));
  // What can't be yet, such as the first digit of a number, is not tried: the previews stay with what was there before.
  const [sound, setSound] = useState(body);
  const faults = faultsOf(body);
  const settled = useSettled(sound);
  const write = (next: Body) => {
    setBody(next);
    if (faultsOf(next).length === 0) setSound(next);
  };
  const { data: collections = [] } = useQuery(filledCollectionsQuery(useNamespace()));
  const collection = search.collection ?? collections[0]?.name ?? "";
  const view = search.view ?? "answer";
  const left = differences(now, body);
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[19rem_minmax(0,1fr)]">
      <div className="flex flex-col gap-4">
        {(["chunking", "retrieval", "answering"] as const).map((group) => (
          <OptionFields key={group} group={group} body={body} onChange={write} />
        ))}
        <FilterFields body={body} onChange={write} />
        <RewritingFields body={body} onChange={write} />
        <RerankingFields body={body} onChange={write} />
        <JudgingFields body={body} onChange={write} />
        <CalibrationFields body={body} onChange={write} />
        <ComposingFields body={body} onChange={write} />
        <Push name={name} body={body} latest={latest} left={left} fault={faults[0] ?? null} />
      </div>
      <LeaveGuard isDirty={() => left.length > 0} title="Leave without pushing?" />
      {/* Stays beside the long form, whichever part of it is written. */}
      <div className="flex min-w-0 flex-col gap-4 lg:sticky lg:top-4 lg:-m-1 lg:max-h-[calc(100dvh-2rem)] lg:overflow-y-auto lg:p-1">
        <SelectField label="Collection" fieldClassName="max-w-60" value={collection} onChange={(event) => change({ collection: event.target.value, document: undefined })}>
          {!collections.some((one) => one.name === collection) && <option value={collection}>{collection}</option>}
          {collections.map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
        </SelectField>
        <Tabs label="Previews" tabs={TABS} value={view} onChange={(next) => change({ view: next })}>
          {view === "answer" ? (
            <AnswerPreview
              collection={collection}
              question={search.q ?? ""}
              now={now}
              draft={settled}
              nowName={nowName}
              onQuestion={(q) => change({ q: q || undefined })}
            />
          ) : (
            <ChunksPreview collection={collection} document={search.document} chunking={settled.chunking} onDocument={(document) => change({ document })} />
          )}
        </Tabs>
      </div>
    </div>
  );
}

function Push({ name: known, body, latest, left, fault }: {
  name: string;
  body: Body;
  latest: number;
  left: readonly string[];
  /** What has to be corrected first. */
  fault: string | null;
}) {
  const [name, setName] = useState(known);
  const [message, setMessage] = useState("");
  const { isBusy, error, attempt } = useAttempt();
  const namespace = useNamespace();
  const client = useQueryClient();
  const navigate = route.useNavigate();
  if (!useCan("artifacts:write")) return <p className="text-sm text-muted">Your key may look and try, and not push.</p>;

  async function push(after: number) {
    await attempt(async () => {
      const pushed = await pushStrategy(client, namespace, name.trim(), body, message.trim(), after);
      announce(`${pushed.name} has version ${pushed.number}.`);
      await navigate({ search: (before) => ({ ...before, strategy: pushed.name, options: undefined }), replace: true, resetScroll: false });
    });
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void push(latest);
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4">
      {known === "" && <TextField label="Name" isRequired hint={NAME_HINT} value={name} onChange={(event) => setName(event.target.value)} />}
      <TextField label="Message" hint="Why it changes" value={message} onChange={(event) => setMessage(event.target.value)} />
      <p role="status" className="text-xs text-muted">{fault !== null ? `Correct first: ${fault}` : left.length === 0 ? "Nothing is changed yet." : `Changed: ${left.join(", ")}.`}</p>
      <PushFailure error={error} isBusy={isBusy} onPush={(after) => void push(after)} />
      <Button look="primary" type="submit" icon={Upload} busy={isBusy} disabled={fault !== null || !isName(name.trim()) || (known !== "" && left.length === 0)}>
        Push
      </Button>
    </form>
  );
}
