import { packageConfig } from '../../tsup.base.ts'

// The schema library is bundled, so that it does not land in users' node_modules.
export default packageConfig({ noExternal: ['valibot'] })
