import { useState } from "react";
import { Card } from "../../components/Page";
import { CheckField } from "../../components/Field";
import { classes } from "../../components/classes";
import { factRows, numberRows } from "./compare";
import type { Detail } from "./queries";

const CELL = "border-b border-line px-3 max-sm:px-2 first:pl-4 last:pr-4 py-1.5 group-last:border-0";

/** Numbers with their differences, and facts with those that differ marked. */
export function CompareTables({ left, right }: { left: Detail; right: Detail }) {
  const [onlyDifferences, setOnlyDifferences] = useState(false);
  const facts = factRows(left, right);
  const shown = onlyDifferences ? facts.filter((row) => row.differs) : facts;
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <Card title="Numbers" flush>
        <div role="region" aria-label="Numbers" tabIndex={0} className="overflow-x-auto">
          <table className="w-full text-sm">
            <thead className="text-xs text-muted"><Head names={["", "Left", "Right", "Difference"]} right /></thead>
            <tbody>
              {numberRows(left, right).map((row) => (
                <tr key={row.name} className="group">
                  <th scope="row" className={classes(CELL, "text-left font-normal text-muted")}>{row.name}</th>
                  <td className={classes(CELL, "text-right whitespace-nowrap")}>{row.left}</td>
                  <td className={classes(CELL, "text-right whitespace-nowrap")}>{row.right}</td>
                  <td className={classes(CELL, "text-right md:whitespace-nowrap", tone(row.delta?.better))}>
                    {row.delta?.text ?? "–"}
                    {typeof row.delta?.better === "boolean" && <span className="sr-only">{row.delta.better ? ", better" : ", worse"}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      <Card
        title="Facts" flush
        actions={<CheckField label="Only differences" checked={onlyDifferences} onChange={(event) => setOnlyDifferences(event.target.checked)} />}
      >
        <div role="region" aria-label="Facts" tabIndex={0} className="max-h-96 overflow-auto">
          <table className="w-full text-sm">
            <thead className="text-xs text-muted"><Head names={["", "Left", "Right"]} /></thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.name} className={classes("group", row.differs && "bg-warn-soft")}>
                  <th scope="row" className={classes(CELL, "text-left font-normal text-muted")}>
                    {row.name}
                    {row.differs && <span className="sr-only"> (differs)</span>}
                  </th>
                  <Fact value={row.left} differs={row.differs} />
                  <Fact value={row.right} differs={row.differs} />
                </tr>
              ))}
            </tbody>
          </table>
          {shown.length === 0 && <p className="p-4 text-sm text-muted">Everything is the same.</p>}
        </div>
      </Card>
    </div>
  );
}

function Head({ names, right = false }: { names: readonly string[]; right?: boolean }) {
  return (
    <tr>
      {names.map((name) =>
        name === "" ? (
          <td key={name} className="border-b border-line px-4 py-1.5" />
        ) : (
          <th key={name} scope="col" className={classes("border-b border-line px-4 py-1.5 font-medium", right ? "text-right" : "text-left")}>{name}</th>
        ),
      )}
    </tr>
  );
}

function Fact({ value, differs }: { value: string; differs: boolean }) {
  const isDigest = /^[0-9a-f]{64}$/.test(value);
  return (
    <td className={classes(CELL, "max-w-52 break-words", differs && "font-medium", isDigest && "font-mono text-xs")} title={isDigest ? value : undefined}>
      {isDigest ? value.slice(0, 12) : value}
    </td>
  );
}

function tone(better: boolean | null | undefined): string {
  if (better === true) return "text-good";
  return better === false ? "text-bad" : "text-muted";
}
