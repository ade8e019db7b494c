// Compiles the demo's stablecoin and prints its code as the chain keeps it, one line of hex.
//
//   node compile.mjs            the code
//   node compile.mjs --check    compares it with what is committed; exit code 1 if it differs
import { readFileSync } from 'node:fs'
import solc from 'solc'

const folder = new URL('../../src/devnet/dollar/', import.meta.url)
const input = {
  language: 'Solidity',
  sources: { 'Dollar.sol': { content: readFileSync(new URL('Dollar.sol', folder), 'utf8') } },
  settings: {
    evmVersion: 'paris',
    optimizer: { enabled: true, runs: 200 },
    // No hash of the source in the code: the same lines give the same code anywhere.
    metadata: { appendCBOR: false, bytecodeHash: 'none' },
    outputSelection: { 'Dollar.sol': { Dollar: ['evm.deployedBytecode.object', 'storageLayout'] } }
  }
}
const output = JSON.parse(solc.compile(JSON.stringify(input)))
const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error')
if (errors.length > 0) {
  console.error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'))
  process.exit(1)
}
const dollar = output.contracts['Dollar.sol'].Dollar
const code = dollar.evm.deployedBytecode.object
if (process.argv.includes('--layout')) {
  for (const { label, slot, offset } of dollar.storageLayout.storage) console.log(slot, offset, label)
} else if (process.argv.includes('--check')) {
  const committed = readFileSync(new URL('dollar.hex', folder), 'utf8').trim()
  if (committed !== code) {
    console.error('src/devnet/dollar/dollar.hex is not what Dollar.sol compiles to')
    process.exit(1)
  }
  console.log('the committed code is what Dollar.sol compiles to')
} else {
  console.log(code)
}
