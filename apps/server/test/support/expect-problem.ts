import { expect } from 'vitest'
import { PROBLEM_TYPES, type ProblemCode } from '../../src/problems/problem-types.ts'

export interface Answer {
  readonly status: number
  readonly contentType: string | null
  readonly body: string
}

/** Checks the whole document and gives it back. */
export function checkProblem({ status, contentType, body }: Answer): Record<string, unknown> {
  expect(contentType).toBe('application/problem+json')
  const problem = JSON.parse(body) as Record<string, unknown>
  expect(problem).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) })
  expect(Object.keys(PROBLEM_TYPES)).toContain(problem['code'])
  expect(problem['type']).toBe(
    `urn:switchyard:problem:${String(problem['code']).toLowerCase().replaceAll('_', '-')}`,
  )
  expect(body).not.toMatch(/\bat .*:\d+:\d+/)
  return problem
}

export async function expectProblem(
  response: Response | Promise<Response>,
  status: number,
  code: ProblemCode,
): Promise<Record<string, unknown>> {
  const answer = await response
  const contentType = answer.headers.get('content-type')
  const problem = checkProblem({ status: answer.status, contentType, body: await answer.text() })
  expect(problem).toMatchObject({ status, code })
  return problem
}
