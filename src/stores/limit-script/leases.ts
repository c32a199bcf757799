/** The third part of the limit script: leases, and what has expired. */
export const LUA_LEASES = `
local function giveBack(held)
  for name, amount in pairs(held) do
    local c = load(name)
    if c then hold(c, -amount) end
  end
end

local function heldBy(raw)
  local fields, held = fieldsOf(raw), {}
  for i = 1, #fields, 2 do held[fields[i]] = tonumber(fields[i + 1]) end
  return held
end

local function leaseText(held)
  local list = {}
  for name, amount in pairs(held) do
    list[#list + 1] = name
    list[#list + 1] = text(amount)
  end
  return table.concat(list, ' ')
end

local function remove(name)
  redis.call('HDEL', state, name)
  redis.call('ZREM', expiry, name)
end

local function put(name, value, at)
  redis.call('HSET', state, name, value)
  redis.call('ZADD', expiry, text(at), name)
end

local function expireLease(name)
  local raw = redis.call('HGET', state, name)
  remove(name)
  if raw then
    giveBack(heldBy(raw))
    put('X' .. string.sub(name, 2), raw, now + GRACE)
  end
end

local function expireCounter(name)
  local c = load(name)
  if c and c.kind ~= 'window' and (used(c) > TOLERANCE or next(c.shares)) then
    redis.call('ZADD', expiry, text(now + GRACE), name)
  else
    counters[name] = nil
    remove(name)
  end
end

local function sweep()
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', expiry, '-inf', text(now), 'LIMIT', 0, 16)) do
    local type = string.sub(name, 1, 1)
    if type == 'L' then expireLease(name)
    elseif type == 'C' then expireCounter(name)
    else remove(name) end
  end
end
`;
