/**
 * What a user's shell has: without the workspace's source condition and what its package manager and its bootstrap set,
 * but with the machine's npm configuration.
 */
export const userEnvironment: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      /^npm_config_(globalconfig|userconfig|registry|cafile|cache)$/i.test(name) ||
      !/^(npm_|pnpm_|SWITCHYARD_|(NODE_OPTIONS|HOST|PORT)$)/i.test(name),
  ),
)
