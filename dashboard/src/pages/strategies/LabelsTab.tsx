import { getRouteApi } from "@tanstack/react-router";
import { useNamespace } from "../../app/routes";
import { LabelMoves } from "../versions/LabelMoves";
import { strategyRoute } from "./routes";

const route = getRouteApi("/workspace/strategies/$name/labels");

export function LabelsTab() {
  const { name } = strategyRoute.useParams();
  const { label } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <LabelMoves
      artifact={{ kind: "rag_strategy", namespace: useNamespace(), name }}
      label={label}
      onLabel={(next) => void navigate({ search: (old) => ({ ...old, label: next }), replace: true })}
    />
  );
}
