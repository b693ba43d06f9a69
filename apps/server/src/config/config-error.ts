/** The configuration is wrong. The message has everything that an operator needs: where, why, what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
