import type { Schema } from "../../api/client";
import { Card } from "../../components/Page";

/** Every setting that differs, before and after; an absent one is shown as such. */
export function SettingChanges({ changes }: { changes: Readonly<Record<string, Schema<"SettingChange">>> }) {
  const entries = Object.entries(changes);
  return (
    <Card title="Settings" flush>
      {entries.length === 0 ? (
        <p className="p-4 text-sm text-muted">No setting differs.</p>
      ) : (
        <div role="region" aria-label="Settings that differ" tabIndex={0} className="overflow-x-auto">
          <table className="w-full text-left text-sm">
            <thead>
              <tr className="border-b border-line text-xs text-muted">
                <th scope="col" className="px-4 py-2 font-medium">Setting</th>
                <th scope="col" className="px-4 py-2 font-medium">Before</th>
                <th scope="col" className="px-4 py-2 font-medium">After</th>
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {entries.map(([path, change]) => (
                <tr key={path} className="align-top">
                  <th scope="row" className="px-4 py-2 font-mono text-xs font-medium">{path}</th>
                  <td className="px-4 py-2"><Value value={change.before} /></td>
                  <td className="px-4 py-2"><Value value={change.after} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="text-muted">not set</span>;
  return <code className="font-mono text-xs break-words whitespace-pre-wrap">{JSON.stringify(value, null, 2)}</code>;
}
