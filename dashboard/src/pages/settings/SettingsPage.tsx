import { getRouteApi } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../../api/queries";
import { Page } from "../../components/Page";
import { Loaded } from "../../components/States";
import { type Tab as TabItem, Tabs } from "../../components/Tabs";
import { GroupsTab } from "./groups/GroupsTab";
import { InstanceTab } from "./instance/InstanceTab";
import { KeysTab } from "./keys/KeysTab";
import { ModelsTab } from "./models/ModelsTab";
import { NamespacesTab } from "./NamespacesTab";
import { PeopleTab } from "./people/PeopleTab";
import type { SectionName, SettingSearch } from "./search";

const route = getRouteApi("/workspace/settings");

const NAMES: readonly TabItem<SectionName>[] = [
  { name: "keys", label: "API keys" },
  { name: "people", label: "People and machines" },
  { name: "groups", label: "Groups" },
  { name: "models", label: "Models" },
  { name: "namespaces", label: "Namespaces" },
  { name: "instance", label: "Instance" },
];

/** What every tab is given: who asks, what the URL says, and how to change it. */
export interface TabProps {
  search: SettingSearch;
  change: (next: Partial<SettingSearch>) => void;
}

export function SettingsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const me = useQuery(meQuery);
  const section = search.section ?? "keys";

  function change(next: Partial<SettingSearch>) {
    void navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  }

  function choose(next: SectionName) {
    void navigate({ search: ({ namespace }) => ({ namespace, section: next === "keys" ? undefined : next }) });
  }

  return (
    <Page wide title="Settings" description={me.data && <>Of the tenant {me.data.tenant.name}, as {me.data.principal.name} ({me.data.principal.role}).</>}>
      <Tabs label="Settings" tabs={NAMES} value={section} onChange={choose}>
        <Loaded query={me}>{() => <Content section={section} search={search} change={change} />}</Loaded>
      </Tabs>
    </Page>
  );
}

function Content({ section, ...props }: TabProps & { section: SectionName }) {
  switch (section) {
    case "keys":
      return <KeysTab {...props} />;
    case "people":
      return <PeopleTab {...props} />;
    case "groups":
      return <GroupsTab {...props} />;
    case "models":
      return <ModelsTab />;
    case "namespaces":
      return <NamespacesTab />;
    case "instance":
      return <InstanceTab />;
  }
}
