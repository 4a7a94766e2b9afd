import { useQuery } from "@tanstack/react-query";
import { meQuery, useCan } from "../../../api/queries";
import { CheckField } from "../../../components/Field";
import { Segments } from "../../../components/Tabs";
import { groupsQuery, principalsQuery } from "../../settings/queries";
import type { Readers } from "../queries";
import { type Choice, restricted, toggled } from "./readers";

interface ReadersFieldProps {
  /** Those of today, to choose among where nobody else may be listed. */
  readers: Pick<Readers, "groups" | "principals">;
  choice: Choice;
  onChange: (next: Choice) => void;
}

/** Chooses who may read: everyone, or some groups and people. */
export function ReadersField({ readers, choice, onChange }: ReadersFieldProps) {
  const me = useQuery(meQuery).data?.principal.id ?? "";
  return (
    <>
      <div>
        <Segments
          label="Who may read it"
          options={[
            { name: "everyone", label: "Everyone in the tenant" },
            { name: "some", label: "Only whom I choose" },
          ]}
          value={choice.everyone ? "everyone" : "some"}
          onChange={(next) => onChange(next === "everyone" ? { ...choice, everyone: true } : restricted(choice, me))}
        />
      </div>
      {!choice.everyone && <Choices readers={readers} choice={choice} onChange={onChange} />}
    </>
  );
}

function Choices({ readers, choice, onChange }: ReadersFieldProps) {
  const mayRead = useCan("identity:read");
  const groups = useQuery({ ...groupsQuery, enabled: mayRead }).data ?? readers.groups;
  const principals = useQuery({ ...principalsQuery, enabled: mayRead }).data ?? readers.principals;
  return (
    <>
      <Checks
        legend="Groups"
        empty="There are no groups: an owner makes them under Settings."
        options={groups.map(({ name }) => ({ key: name, name }))}
        chosen={choice.groups}
        onChange={(next) => onChange({ ...choice, groups: next })}
      />
      <Checks
        legend="People and machines"
        empty="Nobody can be chosen."
        options={principals.map(({ id, name }) => ({ key: id, name }))}
        chosen={choice.principals}
        onChange={(next) => onChange({ ...choice, principals: next })}
      />
      <p className="text-xs text-muted">You must be among them, by name or in a group.</p>
    </>
  );
}

function Checks({ legend, empty, options, chosen, onChange }: {
  legend: string;
  empty: string;
  options: readonly { key: string; name: string }[];
  chosen: ReadonlySet<string>;
  onChange: (next: ReadonlySet<string>) => void;
}) {
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{legend}</legend>
      {options.length === 0 ? (
        <p className="text-sm text-muted">{empty}</p>
      ) : (
        <div className="grid max-h-48 gap-x-4 gap-y-2 overflow-auto rounded-md border border-line p-3 sm:grid-cols-2">
          {options.map(({ key, name }) => (
            <CheckField key={key} label={name} checked={chosen.has(key)} onChange={(event) => onChange(toggled(chosen, key, event.target.checked))} />
          ))}
        </div>
      )}
    </fieldset>
  );
}
