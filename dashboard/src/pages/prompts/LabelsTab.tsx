import { getRouteApi } from "@tanstack/react-router";
import { useNamespace } from "../../app/routes";
import { LabelMoves } from "../versions/LabelMoves";
import { Impact } from "./Impact";
import { promptRoute } from "./routes";

const route = getRouteApi("/workspace/prompts/$name/labels");

/** Where each label points, every move it made, and the releases that stand on this prompt. */
export function LabelsTab() {
  const { name } = promptRoute.useParams();
  const { label } = route.useSearch();
  const navigate = route.useNavigate();
  const namespace = useNamespace();
  return (
    <div className="flex flex-col gap-5">
      <LabelMoves
        artifact={{ kind: "prompt", namespace, name }}
        label={label}
        onLabel={(next) => void navigate({ search: (old) => ({ ...old, label: next }), replace: true })}
      />
      <Impact namespace={namespace} name={name} />
    </div>
  );
}
