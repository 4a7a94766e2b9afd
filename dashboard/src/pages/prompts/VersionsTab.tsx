import { useNamespace } from "../../app/routes";
import { VersionTable } from "../versions/VersionTable";
import { promptRoute } from "./routes";

export function VersionsTab() {
  const { name } = promptRoute.useParams();
  return <VersionTable artifact={{ kind: "prompt", namespace: useNamespace(), name }} />;
}
