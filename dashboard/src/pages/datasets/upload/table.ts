/** The first rows of a file, read in the browser: enough to say what its columns are for. */

export interface Preview {
  /** `records` have columns to be told apart; `rows` say themselves what they are; `closed` can't be read here. */
  form: "records" | "rows" | "closed";
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  /** What is wrong with the file already; the engine would refuse it. */
  fault: string | null;
}

export const KINDS = [".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"];
const SHOWN = 5;
const NESTED = new Set(["inputs", "expected", "metadata", "split"]);
const CLOSED: Preview = { form: "closed", columns: [], rows: [], fault: null };

export function suffixOf(name: string): string {
  return /\.[^.]+$/.exec(name.toLowerCase())?.[0] ?? "";
}

/** Return what the beginning of a file shows; `isWhole` says whether `text` is all of it. */
export function previewOf(name: string, text: string, isWhole: boolean): Preview {
  switch (suffixOf(name)) {
    case ".csv":
      return ofTable(text, ",", isWhole);
    case ".tsv":
      return ofTable(text, "\t", isWhole);
    case ".jsonl":
    case ".ndjson":
      return ofLines(text, isWhole);
    case ".parquet":
      return CLOSED;
    default:
      return { ...CLOSED, fault: `This is no file of rows; use one of: ${KINDS.join(", ")}.` };
  }
}

function ofTable(text: string, delimiter: string, isWhole: boolean): Preview {
  const records = cellsOf(text.replace(/^\uFEFF/, ""), delimiter, SHOWN + 2);
  // Where the text was cut, its last record may be too.
  const complete = isWhole || records.length > SHOWN + 1 ? records : records.slice(0, -1);
  const [header, ...rows] = complete;
  if (!header) return { ...CLOSED, form: "records", fault: "The file holds no rows." };
  const columns = header.map((name) => name.trim());
  const shown = rows.filter((row) => row.length > 1 || row[0] !== "").slice(0, SHOWN);
  return { form: "records", columns, rows: shown, fault: faultOf(columns) ?? (shown.length === 0 ? "The file holds no rows." : null) };
}

function faultOf(columns: readonly string[]): string | null {
  const nameless = columns.indexOf("");
  if (nameless >= 0) return `Column ${nameless + 1} of the header has no name.`;
  const twice = columns.find((name, place) => columns.indexOf(name) !== place);
  return twice === undefined ? null : `Two columns are named “${twice}”; give each a name of its own.`;
}

/** Return the first `most` records of RFC 4180 text: cells in quotes hold delimiters, line ends and doubled quotes. */
export function cellsOf(text: string, delimiter: string, most: number): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endRecord = () => {
    records.push([...record, cell]);
    record = [];
    cell = "";
  };
  for (let at = 0; at < text.length && records.length < most; at += 1) {
    const sign = text[at];
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (sign === '"' && cell === "") isQuoted = true;
    else if (sign === delimiter) {
      record.push(cell);
      cell = "";
    } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[at + 1] === "\n") at += 1;
      endRecord();
    } else cell += sign;
  }
  if (records.length < most && (cell !== "" || record.length > 0)) endRecord();
  return records;
}

function ofLines(text: string, isWhole: boolean): Preview {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const complete = (isWhole ? lines : lines.slice(0, -1)).filter((line) => line.trim() !== "").slice(0, SHOWN);
  const found: Record<string, unknown>[] = [];
  for (const [place, line] of complete.entries()) {
    const read = objectOf(line);
    if (read === null) return { ...CLOSED, form: "records", fault: `Line ${place + 1} is no JSON object.` };
    found.push(read);
  }
  if (found.length === 0) return { ...CLOSED, form: "records", fault: "The file holds no rows." };
  const columns = [...new Set(found.flatMap((one) => Object.keys(one)))];
  const rows = found.map((one) => columns.map((name) => (name in one ? cellText(one[name]) : "")));
  return { form: found.every(saysItself) ? "rows" : "records", columns, rows, fault: null };
}

function objectOf(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function saysItself(record: Record<string, unknown>): boolean {
  return isObject(record.inputs) && Object.keys(record).every((name) => NESTED.has(name));
}

function cellText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
