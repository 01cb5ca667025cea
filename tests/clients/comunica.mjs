// Asks an endpoint every query of a list, with Comunica, and prints the answers as one JSON array.
// node comunica.mjs NODE_MODULES ENDPOINT < queries.json
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [modules, endpoint] = process.argv.slice(2);
const { QueryEngine } = createRequire(`${modules}/`)("@comunica/query-sparql");
const engine = new QueryEngine();

function told(term) {
  if (term.termType !== "Literal") return [term.termType, term.value, "", ""];
  // Comunica 4 puts the language of what it reads from JSON where the datatype belongs.
  const language = term.language || term.datatype.language || "";
  const datatype = language ? "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString" : term.datatype.value;
  return [term.termType, term.value, datatype, language];
}

const answers = [];
for (const { text, base } of JSON.parse(readFileSync(0, "utf8"))) {
  const bindings = await engine.queryBindings(text, {
    sources: [{ type: "sparql", value: endpoint }],
    baseIRI: base,
  });
  const rows = await bindings.toArray();
  answers.push(rows.map((row) => Object.fromEntries([...row].map(([v, t]) => [v.value, told(t)]))));
}
console.log(JSON.stringify(answers));
