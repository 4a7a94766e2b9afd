import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Scale, Upload } from "lucide-react";
import { useCan } from "../../api/queries";
import { useNamespace } from "../../app/routes";
import { Button, buttonClasses } from "../../components/Button";
import { Page } from "../../components/Page";
import { Loaded } from "../../components/States";
import { Tabs } from "../../components/Tabs";
import { VersionSelect } from "../../components/VersionSelect";
import { About } from "./About";
import { datasetQuery, versionsQuery } from "./queries";
import { Rows } from "./Rows";
import type { DatasetSearch } from "./search";
import { UploadDialog } from "./upload/UploadDialog";
import { Versions } from "./Versions";

const route = getRouteApi("/workspace/datasets/$name");
const PARTS = [
  { name: "rows", label: "Rows" },
  { name: "versions", label: "Versions" },
  { name: "about", label: "About this version" },
] as const;

export function DatasetPage() {
  const namespace = useNamespace();
  const { name } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayWrite = useCan("datasets:write");
  const mayRun = useCan("evaluations:run");
  const query = useQuery(datasetQuery(namespace, name, search.version));
  const change = (next: DatasetSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });

  return (
    <Page
      title={name}
      wide
      above={<Link to="/datasets" className="hover:underline">Datasets</Link>}
      description={query.data?.description}
      actions={
        <>
          <VersionSelect
            query={versionsQuery(namespace, name)}
            label="Version"
            value={search.version ?? "latest"}
            onChange={(next) => change({ version: next === "latest" ? undefined : next, split: undefined, row: undefined })}
          />
          {mayWrite && <Button icon={Upload} onClick={() => change({ upload: true })}>Add rows</Button>}
          {mayRun && query.data && (
            <Link to="/evaluations" search={{ start: { dataset: `${name}/${query.data.number}` } }} className={buttonClasses("primary")}>
              <Scale aria-hidden className="size-4" />
              Evaluate on this
            </Link>
          )}
        </>
      }
    >
      <Loaded query={query}>
        {(dataset) => (
          <>
            <Tabs label="Parts of this dataset" tabs={PARTS} value={search.part ?? "rows"} onChange={(part) => change({ part: part === "rows" ? undefined : part })}>
              {search.part === "versions" && <Versions namespace={namespace} name={name} />}
              {search.part === "about" && <About dataset={dataset} />}
              {search.part === undefined && <Rows namespace={namespace} dataset={dataset} search={search} onChange={change} />}
            </Tabs>
            {search.upload && (
              <UploadDialog
                namespace={namespace}
                dataset={dataset}
                onClose={() => change({ upload: undefined })}
                onPushed={() => change({ upload: undefined, version: undefined, row: undefined })}
              />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
