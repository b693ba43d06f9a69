import { EventEmitter } from 'eventemitter3'
import type { StateError } from './errors.ts'
import type { SwitchProgress } from './switch/progress.ts'

/** A key was written, deleted, or removed because it had expired. Read the key for its present value. */
export interface StateChange {
  readonly type: 'set' | 'delete' | 'expire'
  readonly key: string
  /** Of a 'set'. */
  readonly version?: string
  /** Of a 'set' with a TTL: Unix ms. */
  readonly expiresAt?: number
  /** Grows with every change of this state; unique also among processes and restarts. */
  readonly id: string
}

/** A change without its id. */
export type Changed = Omit<StateChange, 'id'>

export interface BackendEvent {
  readonly type: 'registered' | 'opened' | 'closed' | 'unregistered'
  readonly backend: string
}

export interface StateEvents {
  change: [change: StateChange]
  backend: [event: BackendEvent]
  /** A switch has come to another phase, or further in it. */
  switch: [progress: SwitchProgress]
  /** Something failed that no caller waits for, such as a periodic cleanup. */
  error: [error: StateError]
}

export interface Events {
  /** Calls the listener for each event, until the function it returns is called. */
  on<Name extends keyof StateEvents>(name: Name, listener: (...event: StateEvents[Name]) => void): () => void
  /** Whether anyone listens: what nobody hears need not be made. */
  hears(name: keyof StateEvents): boolean
  changed(change: Changed): void
  backend(event: BackendEvent): void
  switched(progress: SwitchProgress): void
  error(error: StateError): void
  removeAll(): void
}

/**
 * @param epoch what the ids of this state's changes start with
 * @param onListenerError told what a listener throws: the operation that caused the event has succeeded all the same
 * @param onListening told when the first listener for changes comes, and when the last one goes
 */
export function createEvents(
  epoch: string,
  onListenerError: (error: unknown) => void,
  onListening: (listening: boolean) => void = () => {},
): Events {
  const emitter = new EventEmitter<StateEvents>()
  let sequence = 0
  return {
    on(name, listener) {
      const listen = ((...event: StateEvents[typeof name]) => {
        try {
          listener(...event)
        } catch (error) {
          onListenerError(error)
        }
      }) as EventEmitter.EventListener<StateEvents, typeof name>
      emitter.on(name, listen)
      if (name === 'change' && emitter.listenerCount(name) === 1) onListening(true)
      return () => {
        if (!emitter.listeners(name).includes(listen)) return
        emitter.off(name, listen)
        if (name === 'change' && emitter.listenerCount(name) === 0) onListening(false)
      }
    },
    hears: (name) => emitter.listenerCount(name) > 0,
    changed(change) {
      emitter.emit('change', { ...change, id: `${epoch}-${++sequence}` })
    },
    backend: (event) => void emitter.emit('backend', event),
    switched: (progress) => void emitter.emit('switch', progress),
    error: (error) => void emitter.emit('error', error),
    removeAll: () => void emitter.removeAllListeners(),
  }
}
