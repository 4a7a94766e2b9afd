import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { Loaded } from "../../components/States";
import type { Artifact } from "../versions/artifact";
import { ComparedTexts, CompareVersions } from "../versions/CompareVersions";
import { diffQuery } from "../versions/queries";
import type { CompareSearch } from "../versions/search";
import { SettingChanges } from "../versions/SettingChanges";
import { promptText } from "./promptText";
import { promptQuery } from "./queries";
import { promptRoute } from "./routes";

const route = getRouteApi("/workspace/prompts/$name/compare");

/** Any two versions: the text side by side or in one, and every setting that differs. */
export function CompareTab() {
  const { name } = promptRoute.useParams();
  const namespace = useNamespace();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: latest } = useQuery(promptQuery(namespace, name, undefined));
  const artifact: Artifact = { kind: "prompt", namespace, name };
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
  const before = useQuery(promptQuery(namespace, name, from));
  const after = useQuery(promptQuery(namespace, name, to));
  const diff = useQuery(diffQuery(artifact, from, to));
  return (
    <Loaded query={before}>
      {(left) => (
        <Loaded query={after}>
          {(right) => (
            <>
              <ComparedTexts
                before={{ choice: from, number: left.number, text: promptText(left.body) }}
                after={{ choice: to, number: right.number, text: promptText(right.body) }}
                search={search}
              />
              <Loaded query={diff}>
                {(found) => (
                  <>
                    {found.frozen_changed && <FrozenChanged />}
                    <SettingChanges changes={found.settings} />
                  </>
                )}
              </Loaded>
            </>
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

function FrozenChanged() {
  return (
    <p className="flex items-center gap-2 text-sm">
      <Badge tone="warn">Frozen text differs</Badge>
      <span className="text-muted">What no program should reword is another on the two sides.</span>
    </p>
  );
}
