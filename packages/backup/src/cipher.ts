import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto'
import { promisify } from 'node:util'

const TAG_BYTES = 16
const NONCE_START_BYTES = 8
/** Cost of deriving the key: about 100 ms and 64 MiB. */
const SCRYPT = { N: 65_536, r: 8, p: 1, maxmem: 134_217_728 } as const

/** AES-256-GCM, with the number of the block in the nonce and its header authenticated: no block can be changed, moved or left out. */
export interface Cipher {
  readonly verifier: Buffer
  encrypt(bytes: Buffer, sequence: number, header: Buffer): Buffer
  /** @throws Error if it is not what was encrypted */
  decrypt(bytes: Buffer, sequence: number, header: Buffer): Buffer
}

export async function createCipher(key: string, salt: Buffer): Promise<Cipher> {
  const derived = (await promisify<string, Buffer, number, typeof SCRYPT, Buffer>(scrypt)(
    key,
    salt,
    48,
    SCRYPT,
  )) as Buffer
  const secret = derived.subarray(0, 32)
  const nonce = (sequence: number): Buffer => {
    const bytes = Buffer.alloc(12)
    derived.copy(bytes, 0, 32, 32 + NONCE_START_BYTES)
    bytes.writeUInt32LE(sequence, NONCE_START_BYTES)
    return bytes
  }
  return {
    verifier: derived.subarray(40, 48),
    encrypt(bytes, sequence, header) {
      const cipher = createCipheriv('aes-256-gcm', secret, nonce(sequence))
      cipher.setAAD(header)
      return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
    },
    decrypt(bytes, sequence, header) {
      const end = bytes.length - TAG_BYTES
      const decipher = createDecipheriv('aes-256-gcm', secret, nonce(sequence), { authTagLength: TAG_BYTES })
      decipher.setAAD(header)
      decipher.setAuthTag(bytes.subarray(end))
      return Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()])
    },
  }
}
