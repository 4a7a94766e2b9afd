/** Files that somebody dropped or picked, each under the name that the document will have. */

export interface NamedFile {
  name: string;
  file: File;
}

/** Return picked files; one from a folder keeps its path below that folder. */
export function pickedFiles(files: Iterable<File>): NamedFile[] {
  return visible(
    [...files].map((file) => ({ file, name: file.webkitRelativePath ? belowFolder(file.webkitRelativePath) : file.name })),
  );
}

/** Return what was dropped, folders with everything below them. */
export async function droppedFiles(items: DataTransferItemList): Promise<NamedFile[]> {
  // The list empties itself after this turn of the event loop: take everything out first.
  const taken = [...items].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found = await Promise.all(
    taken.map(({ entry, file }) => (entry ? filesBelow(entry, "") : file ? [{ name: file.name, file }] : [])),
  );
  return visible(found.flat());
}

/** Leave hidden files and folders out, as the command line does. */
export function visible(files: readonly NamedFile[]): NamedFile[] {
  return files.filter(({ name }) => name.split("/").every((part) => !part.startsWith(".")));
}

function belowFolder(path: string): string {
  return path.split("/").slice(1).join("/") || path;
}

async function filesBelow(entry: FileSystemEntry, folder: string): Promise<NamedFile[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ name: folder + entry.name, file }];
  }
  if (!isDirectory(entry)) return [];
  // A dropped folder itself is not part of the names of what is in it.
  const below = entry.fullPath.split("/").length > 2 ? `${folder}${entry.name}/` : folder;
  const children = await entriesOf(entry);
  return (await Promise.all(children.map((child) => filesBelow(child, below)))).flat();
}

async function entriesOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    // Browsers hand out a hundred at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
