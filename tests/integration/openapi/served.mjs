// node served.mjs FOLDER   exits 1 when an answer in FOLDER is not what the document of its service says, or when a
// route of a document was not asked. FOLDER: <service>.openapi.json, asked.tsv (service, method, route, status, file).
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const folder = process.argv[2];
const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats(ajv);
ajv.addFormat("decimal", /^-?[0-9]+(\.[0-9]+)?$/);

/// What a document does not name may not be served: every object that lists members is closed, unless it says otherwise.
function close(schema) {
  if (schema === null || typeof schema !== "object") return schema;
  if (Array.isArray(schema)) return schema.map(close);
  const out = Object.fromEntries(Object.entries(schema).map(([k, v]) => [k, k === "enum" || k === "required" ? v : close(v)]));
  if (out.properties && out.additionalProperties === undefined) out.additionalProperties = false;
  return out;
}

const documents = {};
for (const file of readdirSync(folder)) {
  const service = file.match(/^(.*)\.openapi\.json$/);
  if (service) documents[service[1]] = JSON.parse(readFileSync(join(folder, file), "utf8"));
}
const compiled = new Map();
function judge(service, method, route, status) {
  const key = [service, method, route, status].join(" ");
  if (!compiled.has(key)) {
    const document = documents[service];
    const operation = document.paths[route]?.[method.toLowerCase()];
    let answer = operation?.responses[status] ?? (Number(status) >= 400 ? document.components.responses.Error : undefined);
    if (answer?.$ref) answer = document.components.responses.Error;
    const content = answer?.content;
    let schema = content?.["application/json"]?.schema;
    if (schema?.$ref) schema = document.components.schemas.Error;
    compiled.set(key, { named: answer !== undefined, content, schema: schema && ajv.compile(close(schema)) });
  }
  return compiled.get(key);
}

let bad = 0, checked = 0;
const fail = (text) => { bad = 1; console.log(text); };
const answered = new Set();
for (const line of readFileSync(join(folder, "asked.tsv"), "utf8").trim().split("\n")) {
  const [service, method, route, status, file] = line.split("\t");
  const what = `${service} ${method} ${route} ${status}`;
  if (status < 400) answered.add(`${service} ${method.toLowerCase()} ${route}`);
  const rule = judge(service, method, route, status);
  if (!rule.named) { fail(`${what}: the document names no such answer`); continue; }
  if (file === "-" || (rule.content && !rule.content["application/json"])) continue;  // a stream; text
  const text = readFileSync(join(folder, file), "utf8");
  let body;
  try { body = JSON.parse(text); } catch { fail(`${what}: not JSON: ${text.slice(0, 200)}`); continue; }
  if (!rule.schema) { fail(`${what}: the document says nothing of a body, and there is one`); continue; }
  ++checked;
  if (!rule.schema(body))
    fail(`${what} (${file}): ${ajv.errorsText(rule.schema.errors.slice(0, 3))} ${JSON.stringify(rule.schema.errors[0].params)}`);
}
// In one process nobody else may propose targets: there this route can only refuse.
const refusesOnly = new Set(["trade-execution post /targets"]);
for (const [service, document] of Object.entries(documents))
  for (const [route, methods] of Object.entries(document.paths))
    for (const method of Object.keys(methods)) {
      const what = `${service} ${method} ${route}`;
      if (!answered.has(what) && !refusesOnly.has(what)) fail(`${what}: was not asked, or never answered well`);
    }
if (Object.keys(documents).length !== 4 || checked < 50) fail(`only ${checked} answers of ${Object.keys(documents).length} services`);
if (!bad) console.log(`${checked} answers are what the documents say`);
process.exit(bad);
