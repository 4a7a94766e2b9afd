import { useNamespace } from "../../app/routes";
import { VersionTable } from "../versions/VersionTable";
import { strategyRoute } from "./routes";

export function VersionsTab() {
  const { name } = strategyRoute.useParams();
  return <VersionTable artifact={{ kind: "rag_strategy", namespace: useNamespace(), name }} />;
}
