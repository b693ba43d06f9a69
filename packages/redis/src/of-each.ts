import { nodesFailure, redisError } from './errors.ts'

/**
 * What each of some nodes gives; only of several it has to be said which one failed.
 *
 * @throws StateError that says of each node that failed why
 */
export async function ofEach<Node, T>(
  nodes: readonly Node[],
  addressOf: (node: Node) => string,
  ask: (node: Node) => Promise<T>,
): Promise<readonly T[]> {
  const answers = await Promise.allSettled(nodes.map(ask))
  const failures = answers.flatMap((answer, i) =>
    answer.status === 'rejected'
      ? [{ node: addressOf(nodes[i] as Node), error: answer.reason as unknown }]
      : [],
  )
  const [first] = failures
  if (first === undefined) return answers.map((answer) => (answer as PromiseFulfilledResult<T>).value)
  throw redisError(nodes.length === 1 ? first.error : nodesFailure(failures), 'read')
}
