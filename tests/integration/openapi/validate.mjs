// node validate.mjs FILE...   exits 1 and says why when a file is not a valid OpenAPI document
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";

let bad = 0;
for (const file of process.argv.slice(2)) {
  const validator = new Validator();
  const result = await validator.validate(JSON.parse(readFileSync(file, "utf8")));
  if (result.valid) {
    console.log(`${file}: valid OpenAPI ${validator.version}`);
  } else {
    bad = 1;
    console.log(`${file}: not valid`, JSON.stringify(result.errors, null, 1));
  }
}
process.exit(bad);
