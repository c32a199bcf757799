/** The second part of the limit script: the holds of a call, and what each does with the process's share. */
export const LUA_HOLDS = `
local holds = {}
for i = 10, #ARGV, 10 do
  holds[#holds + 1] = { name = 'C' .. ARGV[i], kind = ARGV[i + 1], capacity = tonumber(ARGV[i + 2]),
    rate = tonumber(ARGV[i + 3]), expires = tonumber(ARGV[i + 4]), amount = tonumber(ARGV[i + 5]),
    enforced = ARGV[i + 6] == '1', floor = tonumber(ARGV[i + 7]), own = tonumber(ARGV[i + 8]),
    total = tonumber(ARGV[i + 9]), grown = 0 }
end

local function counterOf(h)
  local c = load(h.name)
  if c == nil then
    c = { kind = h.kind, rate = h.rate, expires = h.expires, amount = 0, held = 0, at = now, slots = {}, shares = {},
      fresh = true }
    counters[h.name] = c
  end
  if c.kind == 'window' and h.floor > c.amount then
    c.amount = h.floor
    c.changed = true
  end
  return c
end

local function shareOf(h)
  if me == '' or h.own < 0 then return nil end
  return counterOf(h).shares[me]
end

-- Makes the share what the process says that it is, as far as that is free, and keeps it for another ttl.
local function renewShare(h)
  if me == '' or h.own < 0 then return end
  local c = counterOf(h)
  local mine = c.shares[me] or { amount = 0, sequence = 0 }
  if h.total >= 0 and sequence > mine.sequence then
    mine.amount = math.max(0, math.min(h.total, h.capacity - used(c) - keptByOthers(c)))
    h.grown = mine.amount - h.total
  end
  mine.sequence = math.max(mine.sequence, sequence)
  mine.expires = now + shareTtl
  c.shares[me] = mine
  c.changed = true
end

local function takeOwn(h)
  local mine = shareOf(h)
  if mine then mine.amount = mine.amount - math.min(h.own, mine.amount) end
end

-- A share that would be too small for minRequests more requests like this one does not grow: at the end of a window all
-- of it is granted by the store.
local function growShare(h)
  local mine = shareOf(h)
  if not mine or h.amount <= 0 then return end
  local c = counterOf(h)
  local remaining = h.capacity - used(c)
  local target = math.floor(remaining / parts)
  if target < minRequests * h.amount then return end
  local more = math.min(target, remaining - keptByOthers(c)) - mine.amount
  if more <= 0 then return end
  mine.amount = mine.amount + more
  h.grown = h.grown + more
end

-- What is kept of a counter and not for this hold.
local function keptFrom(h)
  local c, mine = counterOf(h), shareOf(h)
  return keptByOthers(c) + (mine and mine.amount - math.min(h.own, mine.amount) or 0)
end

local function fits(h, amount)
  if not h.enforced or amount <= 0 then return true end
  return used(counterOf(h)) + amount + keptFrom(h) <= h.capacity + TOLERANCE
end

local function save()
  for name, c in pairs(counters) do
    if c.changed then
      redis.call('HSET', state, name, line(c))
      if c.fresh then
        redis.call('ZADD', expiry, text((c.kind == 'window' and c.expires or now) + GRACE), name)
      end
    end
  end
  local last = redis.call('ZRANGE', expiry, -1, -1, 'WITHSCORES')
  if last[2] then
    local remaining = math.max(1, math.ceil(tonumber(last[2]) - now)) + GRACE
    redis.call('PEXPIRE', state, text(remaining))
    redis.call('PEXPIRE', expiry, text(remaining))
  end
end

-- The requested amounts if the call was refused; otherwise the state of the counters.
local function reply(outcome, isRefused)
  local list = { outcome }
  for _, h in ipairs(holds) do
    local c = counterOf(h)
    local amount, kept = 0, 0
    if isRefused then amount, kept = h.amount, h.enforced and keptFrom(h) or 0 end
    list[#list + 1] = text(used(c))
    list[#list + 1] = text(c.kind == 'window' and c.amount or 0)
    list[#list + 1] = text(wait(c, amount, h.capacity, kept))
    list[#list + 1] = text(h.grown)
  end
  return list
end

-- A share that would have covered the whole amount is kept: the process may have granted it by itself meanwhile.
local function refuse(amountOf)
  local list = reply('refused', true)
  for _, h in ipairs(holds) do
    if h.own < amountOf(h) then takeOwn(h) end
  end
  save()
  return list
end
`;
