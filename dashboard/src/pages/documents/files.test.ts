import { describe, expect, it } from "vitest";
import { droppedFiles, pickedFiles } from "./files";

function picked(path: string): File {
  const file = new File(["x"], path.split("/").at(-1) ?? path);
  Object.defineProperty(file, "webkitRelativePath", { value: path.includes("/") ? path : "" });
  return file;
}

interface Tree {
  [name: string]: Tree | string;
}

function entry(name: string, content: Tree | string, parent = ""): unknown {
  const fullPath = `${parent}/${name}`;
  if (typeof content === "string") {
    return { name, fullPath, isFile: true, isDirectory: false, file: (done: (file: File) => void) => done(new File([content], name)) };
  }
  const batches = [Object.entries(content).map(([child, below]) => entry(child, below, fullPath)), []];
  return {
    name, fullPath, isFile: false, isDirectory: true,
    createReader: () => ({ readEntries: (done: (entries: unknown) => void) => done(batches.shift() ?? []) }),
  };
}

describe("files", () => {
  it("keep their path below a picked folder, and hidden ones stay away", () => {
    const files = [picked("notes/a.md"), picked("notes/deep/b.md"), picked("notes/.git/config"), picked("c.txt"), picked(".env")];
    expect(pickedFiles(files).map((file) => file.name)).toEqual(["a.md", "deep/b.md", "c.txt"]);
  });

  it("are found in dropped folders", async () => {
    const items = [entry("notes", { "a.md": "A", deep: { "b.md": "B" }, ".hidden": { "c.md": "C" } }), entry("d.txt", "D")];
    const list = items.map((one) => ({ webkitGetAsEntry: () => one, getAsFile: () => null })) as unknown as DataTransferItemList;
    const names = (await droppedFiles(list)).map((file) => file.name);
    expect(names.sort()).toEqual(["a.md", "d.txt", "deep/b.md"]);
    const bare = [{ webkitGetAsEntry: () => null, getAsFile: () => new File(["x"], "bare.txt") }];
    expect((await droppedFiles(bare as unknown as DataTransferItemList)).map((file) => file.name)).toEqual(["bare.txt"]);
  });
});
