import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../../components/Button";
import { Dialog } from "../../../components/Dialog";
import { SelectField, TextField } from "../../../components/Field";
import { announce } from "../../../components/Live";
import { isName, NAME_HINT } from "../../../components/names";
import { knownValues, missingNames, type Values } from "../../../components/schema/fields";
import { SchemaForm } from "../../../components/schema/SchemaForm";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import { pushScorer, type ScorerType } from "../queries";
import { formSchema } from "./draft";

/** Makes a scorer of a type: its name, what it is told, and which way is better where the type leaves it open. */
export function NewScorer({ namespace, types, onClose, onMade }: {
  namespace: string;
  types: readonly ScorerType[];
  onClose: () => void;
  onMade: (name: string) => void;
}) {
  const client = useQueryClient();
  const [typeName, setTypeName] = useState(types[0]?.name ?? "");
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [direction, setDirection] = useState("");
  const [values, setValues] = useState<Values>({});
  const { isBusy, error, attempt } = useAttempt();
  const type = types.find((one) => one.name === typeName);
  const schema = formSchema(type?.parameters ?? {});
  const given = knownValues(schema, values);
  const isOpen = type?.direction === null;
  const isReady = isName(name) && missingNames(schema, given).length === 0 && (!isOpen || direction !== "");

  async function make() {
    await attempt(async () => {
      const made = await pushScorer(namespace, name, { type: typeName, parameters: given, description, ...(isOpen && { direction }) });
      await client.invalidateQueries({ queryKey: ["scorers", namespace] });
      announce(`Stored the scorer ${made.name}, version ${made.number}.`);
      onMade(made.name);
    });
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title="Make a scorer"
      description="It gets a name and versions, like a prompt."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={isBusy} disabled={!isReady} onClick={() => void make()}>Store the scorer</Button>
        </>
      }
    >
      <div className="flex flex-col gap-3.5">
        <SelectField label="Type" hint={type?.description} value={typeName} onChange={(event) => setTypeName(event.target.value)}>
          {types.map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
        </SelectField>
        <TextField label="Name" isRequired value={name} spellCheck={false} error={name === "" || isName(name) ? null : NAME_HINT} onChange={(event) => setName(event.target.value)} />
        <SchemaForm key={typeName} schema={schema} values={values} onChange={setValues} />
        {isOpen && (
          <SelectField label="Better is" isRequired value={direction} onChange={(event) => setDirection(event.target.value)}>
            <option value="">Choose…</option>
            <option value="higher">more</option>
            <option value="lower">less</option>
          </SelectField>
        )}
        <TextField label="Description (optional)" value={description} maxLength={2000} onChange={(event) => setDescription(event.target.value)} />
        <Failure error={error} />
      </div>
    </Dialog>
  );
}
