import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useNamespace } from "../../app/routes";
import { Page } from "../../components/Page";
import { Loaded } from "../../components/States";
import { DraftForm } from "./DraftForm";
import { draftOf, EMPTY } from "./draft";
import { promptQuery } from "./queries";

const editRoute = getRouteApi("/workspace/prompts/$name/edit");

const PROMPTS = (
  <Link to="/prompts" className="hover:underline">
    Prompts
  </Link>
);

export function NewPrompt() {
  return (
    <Page title="New prompt" above={PROMPTS} description="Nothing is kept until you push: then it is version 1.">
      <DraftForm start={EMPTY} />
    </Page>
  );
}

/** Edits from any version; pushing makes the next one. */
export function EditPrompt() {
  const { name } = editRoute.useParams();
  const { version } = editRoute.useSearch();
  const namespace = useNamespace();
  const query = useQuery(promptQuery(namespace, name, version));
  const latest = useQuery(promptQuery(namespace, name, undefined));
  const start = useMemo(() => query.data && draftOf(query.data.body), [query.data]);
  const above = (
    <>
      {PROMPTS} /{" "}
      <Link to="/prompts/$name" params={{ name }} search={{ version }} className="hover:underline">
        {name}
      </Link>
    </>
  );
  return (
    <Page
      title={`Edit ${name}`}
      above={above}
      description={query.data && `From version ${query.data.number}. Pushing makes the next version; this one stays as it is.`}
    >
      <Loaded query={query}>
        {(found) => (
          <Loaded query={latest}>
            {({ number }) => start && <DraftForm key={found.version_id} start={start} name={name} from={found} latest={number} />}
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}
