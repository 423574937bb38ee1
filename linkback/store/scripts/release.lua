-- Moves what is due from `later` to the stream of jobs.
--
-- KEYS  1 later (sorted set)  2 jobs (stream)
-- ARGV  1 now, ms  2 how many at the most
-- Returns the time of the next one in ms, or -1 if none is left.

local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(due) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('XADD', KEYS[2], '*', 'item', id)
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if #first == 0 then
  return -1
end
return math.floor(tonumber(first[2]))
