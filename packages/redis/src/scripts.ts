import { createHash } from 'node:crypto'
import { SIDECAR } from './layout.ts'

export interface Script {
  readonly source: string
  readonly sha: string
}

/** What a step of a write does. The last step of a group has LAST added. */
export const STEP = { set: 1, delete: 2, increment: 3, ifVersion: 4, ifAbsent: 5 } as const
export const LAST = 128

/** A fence refuses the whole call: nothing of it was applied. */
export const FENCED = 'FENCED'

/** What a group that changed nothing answers instead of its results. */
export const REFUSED = { conflict: 'C', notInteger: 'N', unsafe: 'U', damaged: 'D' } as const

/** Entries kept in the stream of one stripe for watchers that were cut off, at least. */
export const CHANGES_KEPT = 10_000

const LUA_SIDECAR = SIDECAR.replace('\0', '\\0')

/** Reading a record, and finding, keeping and removing that of a name: where a string holds a record. */
const STRIPED_RECORDS = `
local function find(name)
  return redis.call('GET', name)
end
local function keep(name, record, expiry)
  if expiry then redis.call('SET', name, record, 'PXAT', expiry) else redis.call('SET', name, record) end
end
local function remove(name)
  return redis.call('UNLINK', name)
end
`

/**
 * The same where a string holds the value alone. Its version stands in a sidecar with a digest of the value that it
 * belongs to; of a value that another program wrote, the digest is the version.
 */
const PLAIN_RECORDS = `
local function find(name)
  local value = redis.call('GET', name)
  if not value then return false end
  local digest = redis.sha1hex(value)
  local sidecar = redis.call('GET', name .. '${LUA_SIDECAR}')
  local version = digest
  if sidecar and string.sub(sidecar, 1, 40) == digest then version = string.sub(sidecar, 41) end
  local expiry = redis.call('PEXPIRETIME', name)
  if expiry < 0 then return struct.pack('>BHc0', 1, #version, version) .. value end
  return struct.pack('>BdHc0', 3, expiry + 1, #version, version) .. value
end
local function keep(name, record, expiry)
  local version, at = struct.unpack('>Hc0', record, expiry and 10 or 2)
  local value = string.sub(record, at)
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
`

/**
 * Applies groups of steps, each of them all or nothing.
 *
 * KEYS: fence and watched flag of each stripe, then the name of each step in order.
 * ARGV: number of stripes; the steps, packed as in writes.ts; who writes, for watchers.
 * Answers one element for each group: of a single step its result, of several an array, or why it was refused.
 *
 * Redis decides what is live by one clock, its own: it drops a key when its expiry has come.
 */
const APPLY = `
local stripes = tonumber(ARGV[1])
local steps = ARGV[2]
local tracked, watched = nil, nil

local function starts(flag) return (string.gsub(flag, '[a-z]+$', '')) end
local function stripe_of(name) return (string.match(name, '^.-{s%d%d}:')) end

if stripes > 0 then
  local flags = redis.call('MGET', unpack(KEYS, 1, 2 * stripes))
  for i = 1, 2 * stripes, 2 do
    if flags[i] then
      local mode = string.match(flags[i], '^%a*')
      if mode == 'track' then
        tracked = tracked or {}
        tracked[starts(KEYS[i])] = true
      elseif mode ~= 'serve' then
        return redis.error_reply('${FENCED} ' .. mode)
      end
    end
    if flags[i + 1] then
      watched = watched or {}
      watched[starts(KEYS[i])] = {}
    end
  end
end

local function version_of(record)
  local kind = string.byte(record, 1)
  if kind == 1 then return struct.unpack('>Hc0', record, 2) end
  if kind == 3 then return struct.unpack('>Hc0', record, 10) end
end

local function changed(name, record)
  if not (tracked or watched) then return end
  local stripe = stripe_of(name)
  if tracked and tracked[stripe] then redis.call('SADD', stripe .. 'dirty', name) end
  local changes = watched and watched[stripe]
  if not changes then return end
  changes[#changes + 1] = name
  if record then
    local expiry = string.byte(record, 1) == 3 and string.format('%.0f', (struct.unpack('>d', record, 2))) or ''
    changes[#changes + 1] = expiry .. ' ' .. version_of(record)
  else
    changes[#changes + 1] = ''
  end
end

local function apply(name, record)
  if not record then
    remove(name)
    changed(name)
  else
    local expiry = nil
    if string.byte(record, 1) == 3 then
      -- Redis drops a key when now > PXAT, and here expired means now >= expiresAt.
      expiry = math.ceil((struct.unpack('>d', record, 2))) - 1
      if expiry < 1 then expiry = 1 end
      expiry = string.format('%.0f', expiry)
    end
    keep(name, record, expiry)
    changed(name, record)
  end
end

local MAX = 9007199254740991

-- What an increment makes of a record: its answer and the new record, or why not.
local function incremented(record, by, version, created_until)
  local text, expiry = '0', created_until
  if record then
    local _, at = version_of(record)
    if not at then return nil, '${REFUSED.damaged}' end
    text, expiry = string.sub(record, at), 0
    if string.byte(record, 1) == 3 then expiry = struct.unpack('>d', record, 2) end
  end
  if not string.match(text, '^%-?%d+$') or #text > 17 then return nil, '${REFUSED.notInteger}' end
  local value = tonumber(text)
  if math.abs(value) > MAX then return nil, '${REFUSED.notInteger}' end
  value = value + by
  if math.abs(value) > MAX then return nil, '${REFUSED.unsafe}' end
  text = value == 0 and '0' or string.format('%.0f', value)
  if expiry == 0 then return text, struct.pack('>BHc0', 1, #version, version) .. text end
  local answer = text .. ' ' .. string.format('%.0f', expiry)
  return answer, struct.pack('>BdHc0', 3, expiry, #version, version) .. text
end

local key = 2 * stripes
local pos, size = 1, #steps

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
    local step = string.byte(steps, pos)
    last = step >= ${LAST}
    if last then step = step - ${LAST} end
    pos = pos + 1
    key = key + 1
    local name, result = KEYS[key], 1
    if step == ${STEP.set} then
      local record
      record, pos = struct.unpack('>I4c0', steps, pos)
      stage(name, record)
    elseif step == ${STEP.delete} then
      if live(name) then stage(name, false) else result = 0 end
    elseif step == ${STEP.increment} then
      local by, version, created_until
      by, created_until, version, pos = struct.unpack('>ddHc0', steps, pos)
      local answer, record = incremented(live(name), by, version, created_until)
      if answer then
        stage(name, record)
        result = answer
      else
        refused = refused or record .. name
      end
    else
      local expected = nil
      if step == ${STEP.ifVersion} then expected, pos = struct.unpack('>Hc0', steps, pos) end
      local was = live(name)
      local version = was and version_of(was) or nil
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
while pos <= size do
  local step = string.byte(steps, pos)
  if step == ${STEP.set + LAST} then
    -- Most groups are a set alone.
    local record
    record, pos = struct.unpack('>I4c0', steps, pos + 1)
    key = key + 1
    apply(KEYS[key], record)
    answers[#answers + 1] = 1
  else
    answers[#answers + 1] = group()
  end
end

if watched then
  local rung = {}
  for stripe, changes in pairs(watched) do
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

/** Begins to watch a stripe, for so many ms, and answers where its stream stands. KEYS: watched flag, stream. */
export const beginWatch: Script = script(`
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
local id = redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${CHANGES_KEPT}, '*', 'by', '')
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return id
`)

/** Goes on watching; answers 0 if nobody did for a while, so that changes were not told. */
export const renewWatch: Script = script(`
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return redis.call('SET', KEYS[1], '1', 'PX', ARGV[1], 'XX') and 1 or 0
`)

export const applyStriped: Script = script(STRIPED_RECORDS + APPLY)
export const applyPlain: Script = script(PLAIN_RECORDS + APPLY)
export const readPlain: Script = script(PLAIN_RECORDS + READ)

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}
