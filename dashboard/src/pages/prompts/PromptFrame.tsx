import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { buttonClasses } from "../../components/Button";
import { classes } from "../../components/classes";
import { Page } from "../../components/Page";
import { Loaded } from "../../components/States";
import { VersionSelect } from "../../components/VersionSelect";
import { Protection } from "../gates/Protection";
import { Parts } from "../versions/Parts";
import { versionsQuery } from "../versions/queries";
import { promptQuery } from "./queries";
import { promptRoute } from "./routes";

const TABS = [
  { to: "/prompts/$name", label: "Prompt" },
  { to: "/prompts/$name/run", label: "Run" },
  { to: "/prompts/$name/versions", label: "Versions" },
  { to: "/prompts/$name/compare", label: "Compare" },
  { to: "/prompts/$name/labels", label: "Labels" },
] as const;

/** The heading of one prompt, which version is open, and the tabs. */
export function PromptFrame() {
  const { name } = promptRoute.useParams();
  const { version } = promptRoute.useSearch();
  const namespace = useNamespace();
  const navigate = promptRoute.useNavigate();
  const query = useQuery(promptQuery(namespace, name, undefined));
  const { pathname } = useLocation();
  const picks = /\/run$/.test(pathname) || !/\/(versions|compare|labels)$/.test(pathname);

  return (
    <Page
      title={name}
      above={
        <Link to="/prompts" className="hover:underline">
          Prompts
        </Link>
      }
      description={
        <>
          {query.data?.body.description}
          <Protection namespace={namespace} kind="prompt" name={name} />
        </>
      }
      actions={
        picks && (
          <VersionSelect
            query={versionsQuery({ kind: "prompt", namespace, name })}
            label="Version"
            value={version ?? "latest"}
            onChange={(next) =>
              void navigate({ to: ".", search: (old) => ({ ...old, version: next === "latest" ? undefined : next }) })
            }
          />
        )
      }
    >
      <Parts label="Parts of this prompt" name={name} version={version} parts={TABS}>
        <EditLink name={name} version={version} />
      </Parts>
      <Loaded query={query}>{() => <Outlet />}</Loaded>
    </Page>
  );
}

function EditLink({ name, version }: { name: string; version: string | undefined }) {
  if (!useCan("prompts:write")) return null;
  return (
    <Link to="/prompts/$name/edit" params={{ name }} search={{ version }} className={classes(buttonClasses("quiet"), "ml-auto max-sm:px-1.5")}>
      <Pencil aria-hidden className="size-4" />
      <span className="max-sm:sr-only">Edit</span>
    </Link>
  );
}
