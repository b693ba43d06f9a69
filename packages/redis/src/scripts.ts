import { createHash } from 'node:crypto'
import { SIDECAR } from './layout.ts'

export interface Script {
  readonly source: string
  readonly sha: string
}

/** What a step of a write does; `expiring` sets an entry that has an expiry. The last step of a group is a capital. */
export const STEP = {
  set: 's',
  expiring: 'e',
  delete: 'd',
  increment: 'i',
  ifVersion: 'v',
  ifAbsent: 'a',
} as const

/** A fence refuses the whole call: nothing of it was applied. */
export const FENCED = 'FENCED'

/** What a group that changed nothing answers instead of its results. */
export const REFUSED = { conflict: 'C', notInteger: 'N', unsafe: 'U', damaged: 'D' } as const

/** Entries kept in the stream of one stripe for watchers that were cut off, at least. */
export const CHANGES_KEPT = 10_000

const LUA_SIDECAR = SIDECAR.replace('\0', '\\0')

/** A string; of what another program keeps under the name that is none, a text that is no record. */
const STRING_AT = `
local function string_at(name)
  local found = redis.pcall('GET', name)
  if type(found) ~= 'table' then return found end
  if string.sub(found.err, 1, 9) == 'WRONGTYPE' then return '' end
  return redis.call('GET', name)
end
`

/** Finding, keeping and removing the record of a name: where a string is a record. */
const STRIPED_RECORDS = `${STRING_AT}
local find = string_at
local function keep(name, record, expiry)
  if expiry then redis.call('SET', name, record, 'PXAT', expiry) else redis.call('SET', name, record) end
end
local function remove(name)
  return redis.call('UNLINK', name)
end
local is_record = true
`

/**
 * The same where a string holds the value alone. Its version stands in a sidecar with a digest of the value that it
 * belongs to; of a value that another program wrote, the digest is the version.
 */
const PLAIN_RECORDS = `${STRING_AT}
local function find(name)
  local value = redis.pcall('GET', name)
  if type(value) == 'table' then return string_at(name) end
  if not value then return false end
  local digest = redis.sha1hex(value)
  local sidecar = string_at(name .. '${LUA_SIDECAR}')
  local version = digest
  if sidecar and string.sub(sidecar, 1, 40) == digest then version = string.sub(sidecar, 41) end
  local expiry = redis.call('PEXPIRETIME', name)
  local expires_at = expiry < 0 and '' or string.format('%.0f', expiry + 1)
  return #version .. ':' .. expires_at .. ':' .. version .. value
end
local function keep(name, record, expiry)
  local length, start = string.match(record, '^(%d+):[^:]*:()')
  local version = string.sub(record, start, start + length - 1)
  local value = string.sub(record, start + length)
  local sidecar = redis.sha1hex(value) .. version
  if expiry then
    redis.call('SET', name, value, 'PXAT', expiry)
    redis.call('SET', name .. '${LUA_SIDECAR}', sidecar, 'PXAT', expiry)
  else
    redis.call('SET', name, value)
    redis.call('SET', name .. '${LUA_SIDECAR}', sidecar)
  end
end
local function remove(name)
  redis.call('UNLINK', name .. '${LUA_SIDECAR}')
  return redis.call('UNLINK', name)
end
local is_record = false
`

/**
 * Applies groups of steps, each of them all or nothing.
 *
 * KEYS: the fence of each stripe, then the name of each step in order.
 * ARGV: number of stripes; the letters of the steps; who writes, for watchers; then what the steps need.
 * Answers 1 if all groups are sets, else one element for each group: of a single step its result, of several an array,
 * or why it was refused.
 *
 * Redis decides what is live by one clock, its own: it drops a key when its expiry has come.
 */
const APPLY = `
local stripes, steps = tonumber(ARGV[1]), ARGV[2]
-- While a stripe has a fence, its changes are told; a stripe that is moved elsewhere is tracked, or takes no writes.
local tracked, told = nil, nil
local function stripe_of(name) return (string.match(name, '^.-{s%d%d}:')) end
if stripes > 0 then
  for i, fence in ipairs(redis.call('MGET', unpack(KEYS, 1, stripes))) do
    if fence then
      local mode = string.match(fence, '^%a*')
      local stripe = stripe_of(KEYS[i])
      told = told or {}
      told[stripe] = {}
      if mode == 'track' then
        tracked = tracked or {}
        tracked[stripe] = true
      elseif mode ~= 'serve' then
        return redis.error_reply('${FENCED} ' .. mode)
      end
    end
  end
end

local key, arg = stripes, 3

if is_record and not told and not string.find(steps, '[^${STEP.set.toUpperCase()}]') then
  -- Nothing but sets: one MSET.
  local sets = {}
  for i = 1, #steps do
    sets[2 * i - 1] = KEYS[key + i]
    sets[2 * i] = ARGV[arg + i]
  end
  redis.call('MSET', unpack(sets))
  return 1
end

local function header_of(record)
  local length, expires_at, start = string.match(record, '^(%d+):([^:]*):()')
  if not length then return nil end
  return string.sub(record, start, start + length - 1), expires_at, start + length
end

local function changed(name, record)
  local stripe = stripe_of(name)
  if tracked and tracked[stripe] then redis.call('SADD', stripe .. 'dirty', name) end
  local changes = told[stripe]
  if not changes then return end
  changes[#changes + 1] = name
  if record then
    local version, expires_at = header_of(record)
    changes[#changes + 1] = expires_at .. ' ' .. version
  else
    changes[#changes + 1] = ''
  end
end

local function apply(name, record)
  if not record then
    remove(name)
  else
    local expires_at = string.match(record, '^%d+:([^:]+):')
    -- Redis drops a key when now > PXAT, and here expired means now >= expiresAt.
    keep(name, record, expires_at and string.format('%.0f', math.max(math.ceil(tonumber(expires_at)) - 1, 1)))
  end
  if told then changed(name, record) end
end

local MAX = 9007199254740991

-- What an increment makes of a record: its answer and the new record, or nothing and why not.
local function incremented(record, by, created_until, version)
  local text, expires_at = '0', created_until
  if record then
    local _, until_then, start = header_of(record)
    if not start then return nil, '${REFUSED.damaged}' end
    text, expires_at = string.sub(record, start), until_then
  end
  if not string.match(text, '^%-?%d+$') or #text > 17 then return nil, '${REFUSED.notInteger}' end
  local value = tonumber(text)
  if math.abs(value) > MAX then return nil, '${REFUSED.notInteger}' end
  value = value + tonumber(by)
  if math.abs(value) > MAX then return nil, '${REFUSED.unsafe}' end
  text = value == 0 and '0' or string.format('%.0f', value)
  local answer = expires_at == '' and text or text .. ' ' .. expires_at
  return answer, #version .. ':' .. expires_at .. ':' .. version .. text
end

local at = 0

local function next_arg()
  arg = arg + 1
  return ARGV[arg]
end

-- A group of steps: nothing is kept before all of them are found to be possible.
local function group()
  local results, staged, order, refused = {}, {}, {}, nil
  local function live(name)
    local record = staged[name]
    if record == nil then return find(name) end
    return record
  end
  local function stage(name, record)
    if staged[name] == nil then order[#order + 1] = name end
    staged[name] = record
  end
  local last = false
  repeat
    at = at + 1
    key = key + 1
    local letter = string.sub(steps, at, at)
    local step = string.lower(letter)
    last = step ~= letter
    local name, result = KEYS[key], 1
    if step == '${STEP.set}' or step == '${STEP.expiring}' then
      stage(name, next_arg())
    elseif step == '${STEP.delete}' then
      if live(name) then stage(name, false) else result = 0 end
    elseif step == '${STEP.increment}' then
      local answer, record = incremented(live(name), next_arg(), next_arg(), next_arg())
      if answer then
        stage(name, record)
        result = answer
      else
        refused = refused or record .. name
      end
    else
      local expected = nil
      if step == '${STEP.ifVersion}' then expected = next_arg() end
      local was = live(name)
      local version = was and header_of(was) or nil
      if was and not version then
        refused = refused or '${REFUSED.damaged}' .. name
      elseif version ~= expected then
        refused = refused or '${REFUSED.conflict}' .. name
      end
    end
    results[#results + 1] = result
  until last
  if refused then return refused end
  for i = 1, #order do apply(order[i], staged[order[i]]) end
  if #results == 1 then return results[1] end
  return results
end

local answers = {}
while at < #steps do
  local letter = string.sub(steps, at + 1, at + 1)
  if letter == '${STEP.set.toUpperCase()}' or letter == '${STEP.expiring.toUpperCase()}' then
    -- A set alone, as most groups are.
    at = at + 1
    key = key + 1
    apply(KEYS[key], next_arg())
    answers[#answers + 1] = 1
  else
    answers[#answers + 1] = group()
  end
end

if told then
  local rung = {}
  for stripe, changes in pairs(told) do
    if #changes > 0 then rung[#rung + 1] = stripe end
    for from = 1, #changes, 2000 do
      redis.call('XADD', stripe .. 'changes', 'NOMKSTREAM', 'MAXLEN', '~', ${CHANGES_KEPT}, '*', 'by', ARGV[3],
        unpack(changes, from, math.min(from + 1999, #changes)))
    end
  end
  if #rung > 0 then
    redis.call('PUBLISH', string.match(rung[1], '^(.-){s%d%d}:$') .. 'changes', table.concat(rung, '\\n'))
  end
end
return answers
`

/** Records of plain keys, made as `find` makes them. */
const READ = `
local records = {}
for i = 1, #KEYS do records[i] = find(KEYS[i]) end
return records
`

/**
 * Begins to watch a stripe, for so many ms, and answers where its stream stands. KEYS: fence, stream.
 *
 * Where nobody did before, changes were not told: the stream begins anew, and who watched misses its position in it.
 */
export const beginWatch: Script = script(`
local fence = redis.call('GET', KEYS[1])
if not fence then redis.call('UNLINK', KEYS[2]) end
if not fence or fence == 'serve' then redis.call('SET', KEYS[1], 'serve', 'PX', ARGV[1]) end
local id = redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${CHANGES_KEPT}, '*', 'by', '')
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return id
`)

/** Goes on watching; answers 0 if nobody did for a while, so that changes were not told. */
export const renewWatch: Script = script(`
local fence = redis.call('GET', KEYS[1])
if fence == 'serve' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return fence and redis.call('PEXPIRE', KEYS[2], ARGV[1]) or 0
`)

export const applyStriped: Script = script(STRIPED_RECORDS + APPLY)
export const applyPlain: Script = script(PLAIN_RECORDS + APPLY)
export const readPlain: Script = script(PLAIN_RECORDS + READ)

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}
