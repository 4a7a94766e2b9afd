import { SelectField } from "../../../components/Field";
import { type Role, ROLES, type Roles } from "./columns";
import type { Preview } from "./table";

/** A file's columns, one a line: what each is for, and what its first rows hold. */
export function PreviewTable({ preview, roles, fault, onRole }: {
  preview: Preview;
  roles: Roles;
  /** The column that the engine refused, and why. */
  fault: { column: string; text: string } | null;
  onRole: (column: string, role: Role) => void;
}) {
  const hasRoles = preview.form === "records";
  return (
    <div role="region" aria-label="Columns of the file" tabIndex={0} className="max-h-72 overflow-auto rounded-md border border-line">
      <table className="w-full table-fixed border-collapse text-sm">
        <thead className="sticky top-0 z-10 bg-surface text-left text-xs text-muted shadow-[inset_0_-1px_0_var(--line)]">
          <tr>
            <th scope="col" className="h-8 w-2/5 px-3 font-medium sm:w-1/4">Column</th>
            {hasRoles && <th scope="col" className="h-8 w-36 px-3 font-medium">Is for</th>}
            <th scope="col" className="h-8 px-3 font-medium max-sm:hidden">First rows</th>
          </tr>
        </thead>
        <tbody>
          {preview.columns.map((column, place) => (
            <tr key={place} className="border-b border-line align-top last:border-0">
              <th scope="row" className="px-3 py-2 text-left font-mono text-xs font-medium break-words">
                {column}
                <span className="mt-1 line-clamp-2 font-sans font-normal text-muted sm:hidden">{preview.rows[0]?.[place]}</span>
              </th>
              {hasRoles && (
                <td className="px-3 py-1.5">
                  <SelectField
                    label={`What ${column} is for`}
                    hideLabel
                    value={roles[column] ?? "input"}
                    error={fault?.column === column ? fault.text : null}
                    onChange={(event) => onRole(column, event.target.value as Role)}
                  >
                    {Object.entries(ROLES).map(([role, word]) => <option key={role} value={role}>{word}</option>)}
                  </SelectField>
                </td>
              )}
              <td className="px-3 py-2 text-xs text-muted max-sm:hidden">
                <ol className="flex flex-col gap-0.5">
                  {preview.rows.slice(0, 3).map((row, number) => (
                    <li key={number} className="truncate" title={row[place]}>{row[place] || "–"}</li>
                  ))}
                </ol>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
