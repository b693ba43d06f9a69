export type { AnyStore, Capabilities, StoreFor } from './capabilities.ts'
export { type Clock, isExpired, systemClock } from './clock.ts'
export { type Codec, type CodecDefinition, codecMismatch, defineCodec } from './codec.ts'
export { bytesCodec } from './codecs/bytes.ts'
export { jsonCodec } from './codecs/json.ts'
export { structuredCloneCodec } from './codecs/structured-clone.ts'
export { type CopyOptions, copy, digest, type Verification, type VerifyOptions, verify } from './copy.ts'
export { type BasicListOptions, type BasicStore, type DefinedStore, defineStore } from './define-store.ts'
export {
  asStateError,
  conflict,
  isStateError,
  notAllApplied,
  StateError,
  type StateErrorCode,
  type StateErrorDetails,
} from './errors.ts'
export type { BackendEvent, StateChange, StateEvents } from './events.ts'
export { type Increment, incrementEntry } from './increment.ts'
export { createKeyIndex, type KeyIndex } from './key-index.ts'
export { compareKeys, MAX_KEY_BYTES } from './keys.ts'
export type { Listing, ListingOptions, Page } from './listing.ts'
export type {
  ClearOptions,
  DeleteValueOptions,
  IncrementOptions,
  KeyedEntry,
  NamespaceOptions,
  SetManyEntry,
  SetValueOptions,
  StateNamespace,
  UpdateOptions,
  ValueEntry,
  Written,
} from './namespace.ts'
export { type OpenStoreOptions, openStore } from './open-store.ts'
export type { CallOptions, OperationName, OperationSample } from './operations.ts'
export {
  type Backend,
  definePlugin,
  isPluginFunction,
  type Logger,
  type PluginContext,
  type PluginFunction,
  type StatePlugin,
} from './plugin.ts'
export type { BackendInfo } from './registry.ts'
export { replaceFile, syncFolder, UNFINISHED } from './replace-file.ts'
export { createState } from './service.ts'
export type { ActiveStore, Backends, State } from './state.ts'
export type { StateOptions } from './state-options.ts'
export type {
  Awaitable,
  Check,
  Checkable,
  CleanupOptions,
  CleanupStats,
  DeleteOptions,
  Entry,
  Fenceable,
  Flushable,
  Health,
  Importable,
  ListedEntry,
  ListOptions,
  Operation,
  OperationOptions,
  OperationResult,
  Optimizable,
  OptimizeResult,
  Restartable,
  SetOptions,
  StateStore,
  StorageStats,
  StoreChange,
  Watchable,
  WriteBatch,
  WriteResult,
} from './store.ts'
export { fileJournal, type SwitchJournal, type SwitchRecord } from './switch/journal.ts'
export type { SwitchPlan, SwitchProblem } from './switch/preflight.ts'
export type { PauseParts, SwitchPhase, SwitchProgress } from './switch/progress.ts'
export type { RestoreOptions, RestoreResult } from './switch/restore.ts'
export type { SnapshotOperation, SnapshotOptions, SnapshotResult } from './switch/snapshot.ts'
export type { SwitchOptions, SwitchRun } from './switch/switcher.ts'
export type {
  Transaction,
  TransactionOperation,
  TransactionOperationResult,
  TransactionResult,
} from './transaction.ts'
export { parseTtl, type Ttl } from './ttl.ts'
export type { Watch, WatchOptions } from './watch.ts'
