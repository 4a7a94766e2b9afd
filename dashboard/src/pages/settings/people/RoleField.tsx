import { useQuery } from "@tanstack/react-query";
import { SelectField } from "../../../components/Field";
import { permissionsQuery, type Role } from "../queries";

/** One of the roles, with what it may do. */
export function RoleField({ value, onChange, disabled = false }: { value: Role; onChange: (role: Role) => void; disabled?: boolean }) {
  const { data } = useQuery(permissionsQuery);
  const roles = data?.roles ?? [];
  return (
    <SelectField
      label="Role"
      hint={roles.find(({ role }) => role === value)?.description ?? ""}
      value={value}
      disabled={disabled}
      onChange={(event) => onChange(event.target.value as Role)}
    >
      {roles.length === 0 && <option value={value}>{value}</option>}
      {roles.map(({ role }) => (
        <option key={role} value={role}>
          {role}
        </option>
      ))}
    </SelectField>
  );
}
