import { describe, expect, it } from "vitest";
import { cellsOf, previewOf } from "./table";

describe("cellsOf", () => {
  it("reads quotes, doubled quotes, delimiters and line ends in cells", () => {
    expect(cellsOf('a,b\r\n"1,\n2","say ""hi"""\n', ",", 9)).toEqual([["a", "b"], ["1,\n2", 'say "hi"']]);
  });
  it("reads no more records than asked for, and the last without a line end", () => {
    expect(cellsOf("a\nb\nc", ",", 2)).toEqual([["a"], ["b"]]);
    expect(cellsOf("a,", ",", 2)).toEqual([["a", ""]]);
    expect(cellsOf("", ",", 2)).toEqual([]);
  });
});

describe("previewOf", () => {
  it("shows a table's columns and first rows", () => {
    const preview = previewOf("Cities.CSV", "\uFEFF city , expected\nRome,Italy\n\nOslo,Norway\n", true);
    expect(preview).toEqual({ form: "records", columns: ["city", "expected"], rows: [["Rome", "Italy"], ["Oslo", "Norway"]], fault: null });
  });
  it("leaves out a record that the cut may have torn", () => {
    expect(previewOf("a.tsv", "q\ta\n1\t2\n3\t4", false).rows).toEqual([["1", "2"]]);
  });
  it("says what the engine would refuse", () => {
    expect(previewOf("a.csv", "q,q\n1,2", true).fault).toContain("Two columns are named");
    expect(previewOf("a.csv", "q,\n1,2", true).fault).toContain("Column 2");
    expect(previewOf("a.csv", "q\n", true).fault).toBe("The file holds no rows.");
    expect(previewOf("a.jsonl", "{}\n[1]", true).fault).toContain("Line 2");
    expect(previewOf("a.xlsx", "", true).fault).toContain(".parquet");
  });
  it("tells lines that say themselves what they are from records", () => {
    const nested = '{"inputs": {"q": 1}, "split": "sealed"}\n';
    expect(previewOf("a.jsonl", nested, true).form).toBe("rows");
    expect(previewOf("a.jsonl", `${nested}{"q": 1}`, true).form).toBe("records");
    expect(previewOf("a.jsonl", '{"q": {"a": 1}, "n": 2}', true).rows).toEqual([['{"a":1}', "2"]]);
  });
  it("does not read Parquet", () => {
    expect(previewOf("a.parquet", "PAR1", true)).toEqual({ form: "closed", columns: [], rows: [], fault: null });
  });
});
