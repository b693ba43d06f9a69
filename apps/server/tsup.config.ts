import { cp } from 'node:fs/promises'
import { packageConfig } from '../../tsup.base.ts'

export default packageConfig({
  entry: ['src/index.ts', 'src/main.ts'],
  // What the build was told, not what the process that runs is.
  define: { "process.env['SWITCHYARD_COMMIT']": JSON.stringify(process.env['SWITCHYARD_COMMIT'] ?? '') },
  // Built before, as package.json says; it is served from beside the code.
  onSuccess: () => cp('../console/dist', 'dist/console/static', { recursive: true }),
})
