import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { useNamespace } from "../../app/routes";
import { Loaded } from "../../components/States";
import type { Artifact } from "../versions/artifact";
import { referenceOf } from "../versions/choice";
import { ComparedTexts, CompareVersions } from "../versions/CompareVersions";
import { diffQuery } from "../versions/queries";
import type { CompareSearch } from "../versions/search";
import { SettingChanges } from "../versions/SettingChanges";
import { bodyText, versionQuery } from "./queries";
import { strategyRoute } from "./routes";

const route = getRouteApi("/workspace/strategies/$name/compare");

/** Any two versions: every value that differs, and both bodies side by side or in one. */
export function CompareTab() {
  const { name } = strategyRoute.useParams();
  const namespace = useNamespace();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: latest } = useQuery(versionQuery(namespace, name));
  const artifact: Artifact = { kind: "rag_strategy", namespace, name };
  const change = useCallback(
    (next: CompareSearch, isChosen: boolean) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: isChosen }),
    [navigate],
  );
  return (
    <CompareVersions artifact={artifact} latest={latest?.number} search={search} onChange={change}>
      {(from, to) => <Comparison artifact={artifact} from={from} to={to} search={search} />}
    </CompareVersions>
  );
}

function Comparison({ artifact, from, to, search }: { artifact: Artifact; from: string; to: string; search: CompareSearch }) {
  const { namespace, name } = artifact;
  const before = useQuery(versionQuery(namespace, referenceOf(name, from)));
  const after = useQuery(versionQuery(namespace, referenceOf(name, to)));
  const diff = useQuery(diffQuery(artifact, from, to));
  return (
    <>
      <Loaded query={diff}>{(found) => <SettingChanges changes={found.settings} />}</Loaded>
      <Loaded query={before}>
        {(left) => (
          <Loaded query={after}>
            {(right) => (
              <ComparedTexts
                before={{ choice: from, number: left.number, text: bodyText(left.body) }}
                after={{ choice: to, number: right.number, text: bodyText(right.body) }}
                search={search}
              />
            )}
          </Loaded>
        )}
      </Loaded>
    </>
  );
}
