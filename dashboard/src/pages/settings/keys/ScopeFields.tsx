import { useId } from "react";
import { CheckField } from "../../../components/Field";
import { Segments } from "../../../components/Tabs";
import { EVERY_SCOPE, type ScopeChoice } from "../keys";

type Width = "role" | "chosen";

/** What a key may do: all that the role allows, or some of it. */
export function ScopeFields({ choices, role, scopes, error, onChange }: {
  choices: readonly ScopeChoice[];
  role: string;
  scopes: readonly string[];
  error: string | null;
  onChange: (scopes: readonly string[]) => void;
}) {
  const note = useId();
  const width: Width = scopes.includes(EVERY_SCOPE) ? "role" : "chosen";
  return (
    <fieldset className="flex flex-col gap-2" aria-describedby={error ? note : undefined}>
      <legend className="mb-1 text-sm font-medium">May</legend>
      <div>
        <Segments
          label="What the key may do"
          options={[
            { name: "role", label: `Everything the role ${role} allows` },
            { name: "chosen", label: "Only what I choose" },
          ]}
          value={width}
          onChange={(next) => onChange(next === "role" ? [EVERY_SCOPE] : [])}
        />
      </div>
      {error && <p id={note} role="alert" className="text-xs text-bad">{error}</p>}
      {width === "chosen" && (
        <div className="grid gap-x-4 gap-y-2.5 rounded-md border border-line p-3 sm:grid-cols-2">
          {choices.map(({ scope, description, reason }) => (
            <CheckField
              key={scope}
              label={scope}
              hint={reason ?? description}
              disabled={reason !== null}
              checked={reason === null && scopes.includes(scope)}
              onChange={(event) => onChange(event.target.checked ? [...scopes, scope] : scopes.filter((other) => other !== scope))}
            />
          ))}
        </div>
      )}
    </fieldset>
  );
}
