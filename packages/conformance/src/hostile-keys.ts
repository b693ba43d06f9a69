/** Keys that some store has mistaken for something else. All of them are different keys. */
export const HOSTILE_KEYS: Readonly<Record<string, readonly string[]>> = {
  'paths and file names': [
    ...['.', '..', '...', '../', '../..', '../../etc/passwd', '/', '//', '/a', 'a/', 'a//b', 'a/b', 'a/../b', './a'],
    ...['C:\\a', '\\', '~', 'con', 'nul', 'aux.txt', 'LPT1', 'a.', '.a', '.git', 'x.json', 'x.tmp', 'x.lock'],
  ],
  'names of Object.prototype': [
    ...['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__'],
    ...['__proto__:a', 'a:__proto__', 'length', 'then'],
  ],
  'composed and decomposed Unicode': [
    ...['\u00e9', 'e\u0301', '\u00c5', 'A\u030a', '\u212b', '\ufb01', 'fi', '\uac00', '\u1100\u1161', '\u01c4'],
    ...['\u1e9b\u0323', '\u017f\u0323\u0307'],
  ],
  'upper and lower case': ['a', 'A', 'key', 'Key', 'KEY', 'ß', 'ẞ', 'ss', 'SS', 'i', 'I', 'İ', 'ı', 'k', '\u212a', 'σ', 'ς', 'Σ'],
  'characters of patterns': [
    ...['*', '**', '?', 'a*', 'a?', 'ab', 'abc', '[a]', '[ab]', '[^a]', '[a-z]', '{a,b}', '{', '}', '!a', '#', '^', '$'],
    ...['^a$', '.*', 'a.c', '(a|b)', '\\*', '\\', 'a%', 'a_', '%', '_', 'a%c', 'a_c', '\\%', '+', '|'],
  ],
  'quotes and code': [
    ...["'", "''", '"', '""', '`', "a'b", 'a"b', "'; DROP TABLE entries; --", '${a}', '$1', ':key', '@key', '?1'],
    ...['-- ', '/*', '*/', '<b>', '&amp;', ';', ',', '=', '\\u0000', '\\x00', '\\n', '\\0'],
  ],
  'white space and control characters': [
    ...[' ', '  ', 'a ', ' a', 'a', '\t', '\n', '\r', '\r\n', 'a\nb', 'a\r\nb', '\u0001', '\u001f', '\u007f', '\u0085'],
    ...['\u00a0', '\u200b', '\u200d', '\u2028', '\u2029', '\u3000', '\ufeff', '\ufeffa', '\u202ea', '\u00ad'],
  ],
  'emoji and the ends of Unicode': [
    ...['💡', '💡💡', '👩‍👩‍👧', '👩', '\u{1f1e9}\u{1f1ea}', '☺', '☺\ufe0f', '\u{10ffff}', '\u{10000}', '\uffff', '\ufffe'],
    ...['\ufffd', '\ue000', '\ud7ff', '\u0080', '\u07ff', '\u0800'],
  ],
  'keys that start with other keys': [
    ...['f', 'fo', 'foo', 'foo:', 'foo::', 'foo:bar', 'foo:bar:', 'foo:bar:baz', 'foo/', 'foo/bar', 'foo.', 'foo.bar'],
    ...['foo-', 'foo!', 'foo~', 'foo ', 'foobar', ':', '::', ':foo'],
  ],
  'encoded text': ['%2e%2e', '%2F', '%00', '%', '%%', '%25', 'a%20b', 'a+b', 'a b', 'a%2Fb', '=41', 'YQ==', 'YQ', '0x61', '\\141'],
  'numbers and literals': [
    ...['0', '00', '-0', '-1', '1', '1.0', '1e3', '1000', 'NaN', 'null', 'undefined', 'true', 'false', '[object Object]'],
    ...['4294967295', '4294967296', '9007199254740993', '0n'],
  ],
}

/** All of them, each once, as far as they fit. */
export function allHostileKeys(maxKeyBytes: number): string[] {
  const all = new Set(Object.values(HOSTILE_KEYS).flat())
  return [...all].filter((key) => Buffer.byteLength(key) <= maxKeyBytes)
}

/** What no store may take: what it is, and the key. */
export const ILLEGAL_KEYS: Readonly<Record<string, unknown>> = {
  'the empty string': '',
  'a NUL': 'a\0b',
  'a lone high surrogate': 'a\ud800',
  'a lone low surrogate': '\udc00a',
  'surrogates in the wrong order': '\udc00\ud800',
  undefined: undefined,
  null: null,
  'a number': 1,
  'an object': {},
}
