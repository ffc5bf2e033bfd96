// What the coordinator has picked or dropped: [{ name, file }], names as in the folder, without the folder's own name.

const isManifest = ({ name }) => /\.(csv|tsv)$/i.test(name);
const isLitter = ({ name }) => name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX") || /(^|\/)(thumbs\.db|desktop\.ini)$/i.test(name);

const named = (file) => ({ name: file.webkitRelativePath || file.name, file });

// One folder for all: its own name says nothing, and a manifest does not write it.
const withoutTop = (picked) => {
  const tops = new Set(picked.map(({ name }) => (name.includes("/") ? name.split("/")[0] : "")));
  const [top] = tops;
  if (tops.size !== 1 || !top) return picked;
  return picked.map(({ name, file }) => ({ name: name.slice(top.length + 1), file }));
};

const sorted = (picked) => {
  const kept = withoutTop(picked.filter((one) => !isLitter(one)));
  return { manifests: kept.filter(isManifest), photos: kept.filter((one) => !isManifest(one)) };
};

export const fromInput = (input) => sorted([...input.files].map(named));

const inside = async (folder) => {
  const reader = folder.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // at most 100 at a time
    if (!some.length) return found;
    for (const entry of some) found.push(...(await walk(entry)));
  }
};

const walk = async (entry) => {
  if (entry.isDirectory) return inside(entry);
  const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
  return [{ name: entry.fullPath.replace(/^\//, ""), file }];
};

// Folders are walked where the browser can; elsewhere only files arrive.
export const fromDrop = async (transfer) => {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return sorted([...transfer.files].map(named));
  const found = [];
  for (const entry of entries) found.push(...(await walk(entry)));
  return sorted(found);
};

export const isOneArchive = (photos) => photos.length === 1 && /\.zip$/i.test(photos[0].name);
