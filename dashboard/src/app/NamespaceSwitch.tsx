import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Folder } from "lucide-react";
import { namespacesQuery } from "../api/queries";
import { Menu, MenuChoices, MenuLabel } from "../components/Menu";
import { DEFAULT_NAMESPACE, useNamespace } from "./routes";

/** Chooses the project; what is open in one does not exist in another, so it leads to that page's list. */
export function NamespaceSwitch() {
  const namespace = useNamespace();
  const navigate = useNavigate();
  const { data = [] } = useQuery(namespacesQuery);
  const names = [...new Set([namespace, ...data.map((item) => item.name)])].sort();

  function choose(name: string) {
    const [section = ""] = window.location.pathname.split("/").filter(Boolean);
    // What is open stays behind, but not the tab of the settings.
    const tab = new URLSearchParams(window.location.search).get("section") ?? undefined;
    const search = { namespace: name === DEFAULT_NAMESPACE ? undefined : name, section: tab };
    // Every section is a route, though only their paths are known here.
    void navigate({ to: `/${section}` as "/prompts", search });
  }

  return (
    <Menu
      label="Namespaces"
      align="start"
      trigger={
        <button
          type="button"
          aria-label={`Namespace ${namespace}; choose another`}
          className="flex h-9 shrink-0 items-center gap-2 rounded-md px-1.5 text-left hover:bg-hover"
        >
          <Folder aria-hidden className="size-4 text-muted" />
          <span className="min-w-0 grow truncate font-medium">{namespace}</span>
          <ChevronsUpDown aria-hidden className="size-4 text-faint" />
        </button>
      }
    >
      <MenuLabel>Namespace</MenuLabel>
      <MenuChoices
        value={namespace}
        onChange={choose}
        options={names.map((name) => ({ value: name, label: name }))}
      />
    </Menu>
  );
}
