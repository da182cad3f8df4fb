// Builds the committed third-party front-end parts from the locked packages: npm ci --ignore-scripts && npm run build
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "node_modules");
const STATIC = join(HERE, "..", "..", "cms", "desk", "static");
const VENDOR = join(STATIC, "vendor");
const LICENCES = join(VENDOR, "LICENSES");

const read = (path) => readFile(path, "utf8");
const manifestOf = async (name) => JSON.parse(await read(join(MODULES, name, "package.json")));

async function licenceOf(name) {
  const folder = join(MODULES, name);
  const target = `${name.replace("@", "").replace("/", "__")}.txt`;
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  // A package without the text has it in its repository: a copy stands in licences/, and its absence stops the build.
  await writeFile(join(LICENCES, target), await readFile(file ? join(folder, file) : join(HERE, "licences", target)));
  return `LICENSES/${target}`;
}

async function partOf(name, from) {
  const { version, license } = await manifestOf(name);
  return { name, version, licence: license, licence_text: await licenceOf(name), source: from };
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

async function hashed(paths) {
  const rows = [];
  for (const path of paths) {
    const sha256 = createHash("sha256").update(await readFile(path)).digest("hex");
    rows.push({ path: relative(STATIC, path), sha256 });
  }
  return rows;
}

async function vendorHtmx() {
  const { version } = await manifestOf("htmx.org");
  const folder = join(VENDOR, `htmx-${version}`);
  await mkdir(folder, { recursive: true });
  await cp(join(MODULES, "htmx.org/dist/htmx.min.js"), join(folder, "htmx.min.js"));
  return {
    name: "htmx",
    version,
    parts: [await partOf("htmx.org", "dist/htmx.min.js")],
    files: await hashed(await filesBelow(folder)),
  };
}

/** One of our entry files with everything it imports, as a single module, and files of its leader beside it. */
async function bundled(name, leader, copies = []) {
  const { version } = await manifestOf(leader);
  const folder = join(VENDOR, `${name}-${version}`);
  const result = await build({
    entryPoints: [join(HERE, `${name}.js`)],
    outfile: join(folder, `${name}.js`),
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "linked",
    metafile: true,
    absWorkingDir: HERE,
  });
  const inputs = Object.keys(result.metafile.inputs).filter((path) => path.startsWith("node_modules/"));
  const names = new Set(inputs.map((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)[1]));
  const parts = [];
  for (const part of [...names].sort()) parts.push(await partOf(part, "bundled by esbuild"));
  for (const [from, to] of copies) await cp(join(MODULES, leader, from), join(folder, to));
  return { name, version, parts, files: await hashed(await filesBelow(folder)) };
}

async function vendorFont() {
  const name = "@fontsource-variable/noto-sans-sc";
  const { version } = await manifestOf(name);
  const folder = join(VENDOR, `noto-sans-sc-${version}`);
  await mkdir(join(folder, "files"), { recursive: true });
  await cp(join(MODULES, name, "index.css"), join(folder, "index.css"));
  await cp(join(MODULES, name, "files"), join(folder, "files"), { recursive: true });
  return {
    name: "noto-sans-sc",
    version,
    parts: [await partOf(name, "index.css, files/")],
    files: await hashed(await filesBelow(folder)),
  };
}

function symbolOf(icon, svg) {
  const body = svg.replace(/<!--.*?-->/s, "").match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
  const attributes =
    'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ' +
    'stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${icon}" ${attributes}>${body.replace(/\s+/g, " ").trim()}</symbol>`;
}

async function vendorIcons() {
  const { version } = await manifestOf("lucide-static");
  const icons = (await read(join(HERE, "icons.txt"))).trim().split("\n");
  const symbols = [];
  for (const icon of icons) {
    symbols.push(symbolOf(icon, await read(join(MODULES, "lucide-static/icons", `${icon}.svg`))));
  }
  const sprite = join(STATIC, "icons.svg");
  const head = `<svg xmlns="http://www.w3.org/2000/svg"><!-- lucide ${version}, ISC -->`;
  await writeFile(sprite, `${head}\n${symbols.join("\n")}\n</svg>\n`);
  return {
    name: "lucide",
    version,
    parts: [await partOf("lucide-static", "icons/*.svg named in tools/vendor/icons.txt")],
    files: await hashed([sprite]),
  };
}

await rm(VENDOR, { recursive: true, force: true });
await mkdir(LICENCES, { recursive: true });
const packages = [
  await vendorHtmx(),
  await bundled("editor-bundle", "@tiptap/core"),
  await bundled("calendar-bundle", "@event-calendar/core", [["dist/index.css", "calendar-bundle.css"]]),
  await bundled("tus-bundle", "tus-js-client"),
  await vendorFont(),
  await vendorIcons(),
];
await writeFile(join(VENDOR, "vendor.json"), `${JSON.stringify({ packages }, null, 1)}\n`);
