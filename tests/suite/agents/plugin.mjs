// Loads a plugin as its agent does, makes the calls on standard input ([hook, input, output] each), and prints
// what each of them threw.
import { copyFileSync, readFileSync } from "node:fs"
import { pathToFileURL } from "node:url"

const [file, directory] = process.argv.slice(2)
// An older node takes a .js file for CommonJS.
copyFileSync(file, `${file}.mjs`)
const module = await import(pathToFileURL(`${file}.mjs`))
const plugin = module.default?.server ?? module.Herald
const hooks = await plugin({ directory })
const thrown = []
for (const [name, ...args] of JSON.parse(readFileSync(0, "utf8"))) {
  thrown.push(await hooks[name](...args).then(() => null, (error) => error.message))
}
console.log(JSON.stringify(thrown))
