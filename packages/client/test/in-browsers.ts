export { createClient, isStateError } from '../src/index.ts'
