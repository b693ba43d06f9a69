import type { StateErrorCode } from '@switchyard/core'
import type { Place } from './options.ts'
import type { TaskInput, TaskName } from './process-tasks.ts'

/** What a process is started with: its only argument, in JSON. */
export interface Assignment {
  readonly moduleUrl: string
  readonly place: Place
}

/** A line to the process, on its standard input. Its end, or 'close', closes the state. */
export type Request =
  | { readonly id: number; readonly task: TaskName; readonly input: TaskInput<TaskName> }
  | { readonly close: true }

/** A line from the process, on file descriptor 3, as standard output belongs to the author's module. */
export type Answer =
  | { readonly opened: true }
  | { readonly failed: Failure }
  | { readonly closed: true }
  /** So many writes were acknowledged to the task. */
  | { readonly acknowledged: number }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failed: Failure }

/** An error on its way between processes. */
export interface Failure {
  readonly code?: StateErrorCode
  readonly message: string
}
