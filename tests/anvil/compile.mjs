// Compiles the Solidity of this repository, each file beside its source.
//
//   node compile.mjs            writes the code
//   node compile.mjs --check    compares it with what is committed; exit code 1 if it differs
//   node compile.mjs --layout   tells where the demo's stablecoin keeps its variables
import { readFileSync, writeFileSync } from 'node:fs'
import solc from 'solc'

const root = new URL('../../', import.meta.url)

// As the chain keeps it, or as it is deployed.
const kept = ({ evm }) => evm.deployedBytecode.object
const made = ({ evm }) => evm.bytecode.object

const units = [
  { source: 'src/devnet/dollar/Dollar.sol', code: 'src/devnet/dollar/dollar.hex', text: (all) => kept(all.Dollar) },
  { source: 'src/escrow/chain/trial/Trial.sol', code: 'src/escrow/chain/trial/trial.hex', text: (all) => kept(all.Trial) },
  {
    source: 'tests/zoo/Zoo.sol',
    code: 'tests/zoo/zoo.hex',
    // One contract a line, name and code; abstract ones have none.
    text: (all) => Object.entries(all).filter(([, one]) => made(one) !== '').map(([name, one]) => `${name} ${made(one)}`).join('\n')
  }
]

function compile (path) {
  const input = {
    language: 'Solidity',
    sources: { [path]: { content: readFileSync(new URL(path, root), 'utf8') } },
    settings: {
      evmVersion: 'paris',
      optimizer: { enabled: true, runs: 200 },
      // No hash of the source in the code: the same lines give the same code anywhere.
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      outputSelection: { '*': { '*': ['evm.bytecode.object', 'evm.deployedBytecode.object', 'storageLayout'] } }
    }
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input)))
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    console.error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'))
    process.exit(1)
  }
  return output.contracts[path]
}

for (const { source, code, text } of units) {
  const all = compile(source)
  if (process.argv.includes('--layout')) {
    for (const { label, slot, offset } of all.Dollar?.storageLayout.storage ?? []) console.log(slot, offset, label)
  } else if (!process.argv.includes('--check')) {
    writeFileSync(new URL(code, root), `${text(all)}\n`)
  } else if (readFileSync(new URL(code, root), 'utf8').trim() !== text(all)) {
    console.error(`${code} is not what ${source} compiles to`)
    process.exitCode = 1
  } else {
    console.log(`${code} is what ${source} compiles to`)
  }
}
