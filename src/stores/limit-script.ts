/**
 * One step of a limit store in Redis, atomic: reserve, adjust, settle, read or claim. The whole state of a group stands in
 * two keys with one hash tag, so every key is declared and a cluster keeps them together:
 *
 * KEYS[1] a hash: `C<field>` counters, `L<lease>` open leases, `X<lease>` expired ones, `M<name>` marks
 * KEYS[2] a sorted set of the same names by when they expire: every writing call removes up to 16 of those
 *
 * ARGV: op, lease, ttl, mode, then per hold: field, kind, capacity, rate, expiresAt, amount, enforced, floor.
 * The reply: outcome, then per hold: used, settled, wait (-1 never, -2 unknown).
 */
export const LIMIT_SCRIPT = `
local state, expiry = KEYS[1], KEYS[2]
local op, lease, ttl, mode = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local SLOTS, GRACE, TOLERANCE = 60, 3600000, 0.000001

local function text(n) return string.format('%.17g', n) end

local function words(line)
  local list = {}
  for word in string.gmatch(line, '%S+') do list[#list + 1] = word end
  return list
end

-- Counters, as they are stored: kind, rate, expiresAt, amount, held, at, then slots and their amounts.
local counters = {}

local function parse(raw)
  local w = words(raw)
  local c = { kind = w[1], rate = tonumber(w[2]), expires = tonumber(w[3]), amount = tonumber(w[4]),
    held = tonumber(w[5]), at = tonumber(w[6]), slots = {} }
  for i = 7, #w, 2 do c.slots[tonumber(w[i])] = tonumber(w[i + 1]) end
  return c
end

local function advance(c)
  if c.kind == 'bucket' then
    if now > c.at then
      c.amount = math.max(0, c.amount - c.rate * (now - c.at))
      c.at = now
    end
  elseif c.kind == 'sliding' then
    local oldest = math.floor(now / c.rate) - SLOTS
    for slot in pairs(c.slots) do if slot < oldest then c.slots[slot] = nil end end
  end
end

local function load(name)
  local c = counters[name]
  if c == nil then
    local raw = redis.call('HGET', state, name)
    if not raw then return nil end
    c = parse(raw)
    advance(c)
    counters[name] = c
  end
  return c
end

local function used(c)
  local sum = c.amount + c.held
  for _, amount in pairs(c.slots) do sum = sum + amount end
  return sum
end

local function hold(c, amount)
  c.changed = true
  if c.kind == 'bucket' then c.amount = math.max(0, c.amount + amount)
  else c.held = math.max(0, c.held + amount) end
end

local function settle(c, held, actual)
  c.changed = true
  if c.kind == 'bucket' then
    c.amount = math.max(0, c.amount + actual - held)
    return
  end
  c.held = math.max(0, c.held - held)
  if c.kind == 'window' then c.amount = c.amount + actual end
  if c.kind == 'sliding' and actual ~= 0 then
    local slot = math.floor(now / c.rate)
    c.slots[slot] = (c.slots[slot] or 0) + actual
  end
end

local function wait(c, amount, capacity)
  local excess = used(c) + amount - capacity
  if excess <= TOLERANCE then return 0 end
  if amount > capacity + TOLERANCE then return -1 end
  if c.kind == 'bucket' then return math.ceil((excess - TOLERANCE) / c.rate) end
  if c.kind == 'window' then return math.max(1, c.expires - now) end
  if c.kind == 'held' then return -2 end
  local order, gone = {}, 0
  for slot in pairs(c.slots) do order[#order + 1] = slot end
  table.sort(order)
  for _, slot in ipairs(order) do
    gone = gone + c.slots[slot]
    if gone + TOLERANCE >= excess then return math.max(1, (slot + SLOTS + 1) * c.rate - now) end
  end
  return -2
end

local function giveBack(pairsOfLease)
  for name, amount in pairs(pairsOfLease) do
    local c = load(name)
    if c then hold(c, -amount) end
  end
end

local function heldBy(raw)
  local w, held = words(raw), {}
  for i = 1, #w, 2 do held[w[i]] = tonumber(w[i + 1]) end
  return held
end

local function remove(name)
  redis.call('HDEL', state, name)
  redis.call('ZREM', expiry, name)
end

local function put(name, value, at)
  redis.call('HSET', state, name, value)
  redis.call('ZADD', expiry, text(at), name)
end

local function sweep()
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', expiry, '-inf', text(now), 'LIMIT', 0, 16)) do
    local type = string.sub(name, 1, 1)
    if type == 'L' then
      local raw = redis.call('HGET', state, name)
      remove(name)
      if raw then
        giveBack(heldBy(raw))
        put('X' .. string.sub(name, 2), raw, now + GRACE)
      end
    elseif type == 'C' then
      local c = load(name)
      if c and (c.kind ~= 'window' and used(c) > TOLERANCE) then
        redis.call('ZADD', expiry, text(now + GRACE), name)
      else
        counters[name] = nil
        remove(name)
      end
    else
      remove(name)
    end
  end
end

local holds = {}
for i = 5, #ARGV, 8 do
  holds[#holds + 1] = { name = 'C' .. ARGV[i], kind = ARGV[i + 1], capacity = tonumber(ARGV[i + 2]),
    rate = tonumber(ARGV[i + 3]), expires = tonumber(ARGV[i + 4]), amount = tonumber(ARGV[i + 5]),
    enforced = ARGV[i + 6] == '1', floor = tonumber(ARGV[i + 7]) }
end

local function counterOf(h)
  local c = load(h.name)
  if c == nil then
    c = { kind = h.kind, rate = h.rate, expires = h.expires, amount = 0, held = 0, at = now, slots = {}, fresh = true }
    counters[h.name] = c
  end
  if c.kind == 'window' and h.floor > c.amount then
    c.amount = h.floor
    c.changed = true
  end
  return c
end

local function save()
  for name, c in pairs(counters) do
    if c.changed then
      local line = { c.kind, text(c.rate), text(c.expires), text(c.amount), text(c.held), text(c.at) }
      for slot, amount in pairs(c.slots) do
        line[#line + 1] = text(slot)
        line[#line + 1] = text(amount)
      end
      redis.call('HSET', state, name, table.concat(line, ' '))
      if c.fresh then
        redis.call('ZADD', expiry, text((c.kind == 'window' and c.expires or now) + GRACE), name)
      end
    end
  end
  local last = redis.call('ZRANGE', expiry, -1, -1, 'WITHSCORES')
  if last[2] then
    local left = math.max(1, math.ceil(tonumber(last[2]) - now)) + GRACE
    redis.call('PEXPIRE', state, text(left))
    redis.call('PEXPIRE', expiry, text(left))
  end
end

local function reply(outcome, amount)
  local list = { outcome }
  for _, h in ipairs(holds) do
    local c = counterOf(h)
    list[#list + 1] = text(used(c))
    list[#list + 1] = text(c.kind == 'window' and c.amount or 0)
    list[#list + 1] = text(wait(c, amount or h.amount, h.capacity))
  end
  return list
end

local function fits(h, amount)
  return not h.enforced or amount <= 0 or used(counterOf(h)) + amount <= h.capacity + TOLERANCE
end

local function leaseText(held)
  local line = {}
  for name, amount in pairs(held) do
    line[#line + 1] = name
    line[#line + 1] = text(amount)
  end
  return table.concat(line, ' ')
end

if op == 'read' then
  local list = reply('granted')
  for i, h in ipairs(holds) do
    if h.enforced and list[i * 3 + 1] ~= '0' then list[1] = 'refused' end
  end
  return list
end

sweep()

if op == 'claim' then
  local isFirst = redis.call('HSETNX', state, 'M' .. lease, '1')
  if isFirst == 1 then redis.call('ZADD', expiry, text(now + ttl), 'M' .. lease) end
  save()
  return { isFirst == 1 and 'granted' or 'refused' }
end

local raw = lease ~= '' and redis.call('HGET', state, 'L' .. lease)

if op == 'reserve' then
  if not raw then
    for _, h in ipairs(holds) do
      if not fits(h, h.amount) then
        local list = reply('refused')
        save()
        return list
      end
    end
    local held = {}
    for _, h in ipairs(holds) do
      hold(counterOf(h), h.amount)
      held[h.name] = h.amount
    end
    if lease ~= '' then put('L' .. lease, leaseText(held), now + ttl) end
  end
  save()
  return reply('granted', 0)
end

if op == 'adjust' then
  if not raw then
    save()
    return reply('unknown')
  end
  local held = heldBy(raw)
  for _, h in ipairs(holds) do
    if not fits(h, h.amount - (held[h.name] or 0)) then
      local list = reply('refused')
      save()
      return list
    end
  end
  for _, h in ipairs(holds) do
    hold(counterOf(h), h.amount - (held[h.name] or 0))
    held[h.name] = h.amount
  end
  put('L' .. lease, leaseText(held), now + ttl)
  save()
  return reply('granted', 0)
end

local held = raw and heldBy(raw)
if held then
  remove('L' .. lease)
elseif redis.call('HEXISTS', state, 'X' .. lease) == 1 then
  held = {}
  remove('X' .. lease)
elseif mode == 'charge' and redis.call('HSETNX', state, 'M' .. lease, '1') == 1 then
  held = {}
  redis.call('ZADD', expiry, text(now + GRACE), 'M' .. lease)
else
  save()
  return reply('unknown', 0)
end
for _, h in ipairs(holds) do
  settle(counterOf(h), held[h.name] or 0, h.amount)
  held[h.name] = nil
end
giveBack(held)
save()
return reply('granted', 0)
`;

/**
 * What all processes share: who is blocked, and how many of them there are.
 * KEYS[1] a hash of blocked subjects, KEYS[2] a sorted set of processes. ARGV: process, ttl.
 * The reply: processes, then per block: subject, until.
 */
export const SYNC_SCRIPT = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))
redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1])
redis.call('PEXPIRE', KEYS[2], 3600000)
local list = { tostring(redis.call('ZCARD', KEYS[2])) }
local blocks = redis.call('HGETALL', KEYS[1])
for i = 1, #blocks, 2 do
  if tonumber(blocks[i + 1]) <= now then redis.call('HDEL', KEYS[1], blocks[i])
  else
    list[#list + 1] = blocks[i]
    list[#list + 1] = blocks[i + 1]
  end
end
return list
`;
