/** The last part of the limit script: the five steps, of which each call runs one. */
export const LUA_STEPS = `
local function amountOf(h) return h.amount end

local steps = {}

function steps.read()
  local list = reply('granted', true)
  for i, h in ipairs(holds) do
    if h.enforced and list[i * 4] ~= '0' then list[1] = 'refused' end
  end
  return list
end

function steps.claim()
  local isFirst = redis.call('HSETNX', state, 'M' .. lease, '1')
  if isFirst == 1 then redis.call('ZADD', expiry, text(now + ttl), 'M' .. lease) end
  save()
  return { isFirst == 1 and 'granted' or 'refused' }
end

function steps.reserve(raw)
  if not raw then
    for _, h in ipairs(holds) do renewShare(h) end
    for _, h in ipairs(holds) do
      if not fits(h, h.amount) then return refuse(amountOf) end
    end
    local held = {}
    for _, h in ipairs(holds) do
      takeOwn(h)
      hold(counterOf(h), h.amount)
      held[h.name] = h.amount
      growShare(h)
    end
    if lease ~= '' then put('L' .. lease, leaseText(held), now + ttl) end
  end
  save()
  return reply('granted')
end

function steps.adjust(raw)
  if not raw then
    save()
    return reply('unknown', true)
  end
  local held = heldBy(raw)
  local function growth(h) return h.amount - (held[h.name] or 0) end
  for _, h in ipairs(holds) do renewShare(h) end
  for _, h in ipairs(holds) do
    if not fits(h, growth(h)) then return refuse(growth) end
  end
  for _, h in ipairs(holds) do
    takeOwn(h)
    hold(counterOf(h), growth(h))
    held[h.name] = h.amount
    growShare(h)
  end
  put('L' .. lease, leaseText(held), now + ttl)
  save()
  return reply('granted')
end

-- A charge leaves a mark: one that is repeated, because its reply was lost, finds no lease and must not count again.
local function isRepeated()
  if mode ~= 'charge' then return false end
  if redis.call('HSETNX', state, 'M' .. lease, '1') == 0 then return true end
  redis.call('ZADD', expiry, text(now + GRACE), 'M' .. lease)
  return false
end

function steps.settle(raw)
  local isExpired = not raw and redis.call('HEXISTS', state, 'X' .. lease) == 1
  if isRepeated() or (not raw and not isExpired and mode ~= 'charge') then
    save()
    return reply('unknown')
  end
  local held = raw and heldBy(raw) or {}
  if raw then remove('L' .. lease)
  elseif isExpired then remove('X' .. lease)
  else for _, h in ipairs(holds) do takeOwn(h) end end
  for _, h in ipairs(holds) do
    settle(counterOf(h), held[h.name] or 0, h.amount)
    held[h.name] = nil
  end
  giveBack(held)
  save()
  return reply('granted')
end

if op == 'read' then return steps.read() end
sweep()
return steps[op](lease ~= '' and redis.call('HGET', state, 'L' .. lease))
`;
