/**
 * Synchronises a process: returns the blocked subjects and the number of processes.
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
