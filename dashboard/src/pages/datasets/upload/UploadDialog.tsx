import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../../components/Button";
import { Dialog } from "../../../components/Dialog";
import { formatCount } from "../../../components/format";
import { CheckField, TextField } from "../../../components/Field";
import { announce } from "../../../components/Live";
import { isName, NAME_HINT } from "../../../components/names";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import { asProblem } from "../../../api/problem";
import { datasetNamed, type Detail, type Pushed } from "../queries";
import { columnsOf, nameOf, placeOf, sharesOf } from "./columns";
import { FilePick } from "./FilePick";
import { columnsByName, NamedColumns, NO_NAMES } from "./NamedColumns";
import { PreviewTable } from "./PreviewTable";
import { Sealing } from "./Sealing";
import { pushFile } from "./sending";
import { type Picked, usePicked } from "./usePicked";

/** Makes a version of a file of rows: what its columns are for, what is sealed, and how it is called. */
export function UploadDialog({ namespace, dataset, onClose, onPushed }: {
  namespace: string;
  /** The dataset that gets another version; none for a new one. */
  dataset?: Detail | undefined;
  onClose: () => void;
  onPushed: (pushed: Pushed) => void;
}) {
  const client = useQueryClient();
  const { picked, pick, setRole } = usePicked();
  const [names, setNames] = useState(NO_NAMES);
  const [name, setName] = useState(dataset?.name ?? "");
  const [description, setDescription] = useState(dataset?.description ?? "");
  const [message, setMessage] = useState("");
  const [sealed, setSealed] = useState(0);
  const [extend, setExtend] = useState(dataset !== undefined);
  const { isBusy, error, attempt, forget } = useAttempt();
  const place = error === null ? null : placeOf(error);
  const told = error === null ? null : asProblem(error).message;
  const at = (where: string) => (place?.at === where ? told : null);

  async function take(file: File) {
    forget();
    await pick(file);
    // A name that nobody wrote follows the file.
    if (dataset === undefined && (name === "" || name === nameOf(picked?.file.name ?? ""))) setName(nameOf(file.name));
  }

  async function push({ file, preview, roles }: Picked) {
    const columns = { records: columnsOf(roles), rows: null, closed: columnsByName(names) }[preview.form];
    await attempt(async () => {
      const known = dataset ?? (await datasetNamed(namespace, name));
      const about = { description: description || (known?.description ?? ""), tags: known?.tags ?? [] };
      const options = { name, ...about, message, extend: known !== undefined && extend, shares: sharesOf(sealed) };
      const pushed = await pushFile({ namespace, file, options, columns });
      await client.invalidateQueries({ queryKey: ["datasets", namespace] });
      announce(said(pushed));
      onPushed(pushed);
    });
  }

  const isReady = picked !== null && picked.preview.fault === null && isName(name);
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={dataset ? `Add rows to ${dataset.name}` : "Upload a dataset"}
      description="The rows become a version that never changes."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={isBusy} disabled={!isReady} onClick={() => picked && void push(picked)}>
            Store the rows
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <FilePick file={picked?.file} onFile={(file) => void take(file)} />
        {picked?.preview.fault && <p role="alert" className="text-sm text-bad">{picked.preview.fault}</p>}
        <Failure error={error} />
        {picked && picked.preview.columns.length > 0 && (
          <>
            {picked.preview.form === "rows" && (
              <p className="text-sm text-muted">Each line says itself what is input, expected, metadata and split.</p>
            )}
            <PreviewTable
              preview={picked.preview}
              roles={picked.roles}
              fault={place?.at === "columns" && place.column !== null && told !== null ? { column: place.column, text: told } : null}
              onRole={setRole}
            />
          </>
        )}
        {picked?.preview.form === "closed" && picked.preview.fault === null && (
          <NamedColumns names={names} error={at("columns")} onChange={setNames} />
        )}
        {picked && picked.preview.fault === null && (
          <>
            <Sealing percent={sealed} hasSplits={hasSplits(picked)} error={at("shares")} onChange={setSealed} />
            <div className="grid gap-3 sm:grid-cols-2">
              <TextField label="Name" isRequired value={name} spellCheck={false} disabled={dataset !== undefined} error={name !== "" && !isName(name) ? NAME_HINT : at("name")} onChange={(event) => setName(event.target.value)} />
              <TextField label="Message (optional)" hint="What changed and why." value={message} onChange={(event) => setMessage(event.target.value)} />
            </div>
            <TextField label="Description (optional)" hint="What the rows are." value={description} maxLength={2000} onChange={(event) => setDescription(event.target.value)} />
            <CheckField
              label="Keep the rows of the latest version, if there is one, and add these"
              hint="Else the new version holds these rows alone."
              checked={extend}
              onChange={(event) => setExtend(event.target.checked)}
            />
          </>
        )}
      </div>
    </Dialog>
  );
}

function hasSplits({ preview, roles }: Picked): boolean {
  return preview.form === "rows" ? preview.columns.includes("split") : Object.values(roles).includes("split");
}

function said({ name, number, created, splits, repeated }: Pushed): string {
  const rows = Object.values(splits).reduce((sum, split) => sum + split.rows, 0);
  const twice = repeated > 0 ? ` ${formatCount(repeated)} were given twice, and are kept once.` : "";
  if (!created) return `${name} has these very rows already, as version ${number}.`;
  return `Stored version ${number} of ${name}, ${formatCount(rows)} ${rows === 1 ? "row" : "rows"}.${twice}`;
}
