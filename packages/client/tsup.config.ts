import { packageConfig } from '../../tsup.base.ts'

/**
 * What is needed of core (its errors, and what makes a plugin) is bundled from its sources, which brings nothing of
 * Node's along as core itself does, so that browsers can use the client. The schema library is bundled so that it does
 * not land in users' node_modules.
 */
export default packageConfig({
  noExternal: ['@switchyard/core', 'valibot'],
  esbuildOptions(options) {
    options.conditions = ['@switchyard/source', 'import']
  },
})
