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
import { referenceOf } from "../versions/choice";
import { Parts } from "../versions/Parts";
import { versionsQuery } from "../versions/queries";
import { versionQuery } from "./queries";
import { strategyRoute } from "./routes";

const KIND = "rag_strategy";
const PARTS = [
  { to: "/strategies/$name", label: "Strategy" },
  { to: "/strategies/$name/versions", label: "Versions" },
  { to: "/strategies/$name/compare", label: "Compare" },
  { to: "/strategies/$name/labels", label: "Labels" },
] as const;

/** The heading of one strategy, which version is open, and its parts. */
export function StrategyFrame() {
  const { name } = strategyRoute.useParams();
  const { version } = strategyRoute.useSearch();
  const namespace = useNamespace();
  const navigate = strategyRoute.useNavigate();
  const query = useQuery(versionQuery(namespace, name));
  const { pathname } = useLocation();
  const picks = !/\/(versions|compare|labels)$/.test(pathname);

  return (
    <Page
      title={name}
      above={<Link to="/strategies" className="hover:underline">Strategies</Link>}
      description={<Protection namespace={namespace} kind={KIND} name={name} />}
      actions={
        picks && (
          <VersionSelect
            query={versionsQuery({ kind: KIND, namespace, name })}
            label="Version"
            value={version ?? "latest"}
            onChange={(next) => void navigate({ to: ".", search: (old) => ({ ...old, version: next === "latest" ? undefined : next }) })}
          />
        )
      }
    >
      <Parts label="Parts of this strategy" name={name} version={version} parts={PARTS}>
        <EditLink name={name} version={version} />
      </Parts>
      <Loaded query={query}>{() => <Outlet />}</Loaded>
    </Page>
  );
}

function EditLink({ name, version }: { name: string; version: string | undefined }) {
  if (!useCan("artifacts:write")) return null;
  return (
    <Link to="/strategies/-/edit" search={{ strategy: referenceOf(name, version) }} className={classes(buttonClasses("quiet"), "ml-auto max-sm:px-1.5")}>
      <Pencil aria-hidden className="size-4" />
      <span className="max-sm:sr-only">Edit</span>
    </Link>
  );
}
