/** The first part of the limit script: arguments, counters, and the shares of processes in them. */
export const LUA_COUNTERS = `
local state, expiry = KEYS[1], KEYS[2]
local op, lease, ttl, mode = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local me, sequence, parts = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local minRequests, shareTtl = tonumber(ARGV[8]), tonumber(ARGV[9])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local SLOTS, GRACE, TOLERANCE = 60, 3600000, 0.000001

local function text(n) return string.format('%.17g', n) end

local function fieldsOf(line)
  local list = {}
  for field in string.gmatch(line, '%S+') do list[#list + 1] = field end
  return list
end

-- A stored counter: kind, rate, expiresAt, amount, held, at, then pairs of slot and amount, then '|' and per share:
-- process, amount, expiry, sequence.
local counters = {}

local function parse(raw)
  local fields = fieldsOf(raw)
  local c = { kind = fields[1], rate = tonumber(fields[2]), expires = tonumber(fields[3]), amount = tonumber(fields[4]),
    held = tonumber(fields[5]), at = tonumber(fields[6]), slots = {}, shares = {} }
  local i = 7
  while i <= #fields and fields[i] ~= '|' do
    c.slots[tonumber(fields[i])] = tonumber(fields[i + 1])
    i = i + 2
  end
  for j = i + 1, #fields, 4 do
    local share = { amount = tonumber(fields[j + 1]), expires = tonumber(fields[j + 2]), sequence = tonumber(fields[j + 3]) }
    if share.expires > now then c.shares[fields[j]] = share end
  end
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

local function line(c)
  local list = { c.kind, text(c.rate), text(c.expires), text(c.amount), text(c.held), text(c.at) }
  for slot, amount in pairs(c.slots) do
    list[#list + 1] = text(slot)
    list[#list + 1] = text(amount)
  end
  if next(c.shares) then list[#list + 1] = '|' end
  for process, share in pairs(c.shares) do
    list[#list + 1] = process
    list[#list + 1] = text(share.amount)
    list[#list + 1] = text(share.expires)
    list[#list + 1] = text(share.sequence)
  end
  return table.concat(list, ' ')
end

local function used(c)
  local sum = c.amount + c.held
  for _, amount in pairs(c.slots) do sum = sum + amount end
  return sum
end

-- What other processes keep of a counter.
local function keptByOthers(c)
  local sum = 0
  for process, share in pairs(c.shares) do if process ~= me then sum = sum + share.amount end end
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

-- Until the first share of another process expires: nothing but shares is in the way.
local function waitForShares(c)
  local first = math.huge
  for process, share in pairs(c.shares) do
    if process ~= me and share.amount > 0 then first = math.min(first, share.expires) end
  end
  return first == math.huge and -2 or math.max(1, first - now)
end

local function waitForSlots(c, excess)
  local order, expired = {}, 0
  for slot in pairs(c.slots) do order[#order + 1] = slot end
  table.sort(order)
  for _, slot in ipairs(order) do
    expired = expired + c.slots[slot]
    if expired + TOLERANCE >= excess then return math.max(1, (slot + SLOTS + 1) * c.rate - now) end
  end
  return -2
end

local function wait(c, amount, capacity, kept)
  local excess = used(c) + amount - capacity
  if excess + kept <= TOLERANCE then return 0 end
  if excess <= TOLERANCE then return waitForShares(c) end
  if amount > capacity + TOLERANCE then return -1 end
  if c.kind == 'bucket' then return math.ceil((excess - TOLERANCE) / c.rate) end
  if c.kind == 'window' then return math.max(1, c.expires - now) end
  if c.kind == 'held' then return -2 end
  return waitForSlots(c, excess)
end
`;
