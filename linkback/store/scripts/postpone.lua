-- Ends a job whose source could not be looked at, and plans the next try.
--
-- KEYS  1 mention (hash)  2 jobs (stream)  3 later (sorted set)
-- ARGV  1 job entry id  2 consumer group  3 mention id  4 news channel  5 post key  6 next try, ms
--       7 the state on which the decision was founded  8… fields and values of the mention
-- Returns 1, or 0 if the job was no longer there or the mention had moved on meanwhile.

local entry, group, id, channel, post_key, due, expected = unpack(ARGV, 1, 7)

if redis.call('XACK', KEYS[2], group, entry) == 0 then
  return 0
end
redis.call('XDEL', KEYS[2], entry)
if redis.call('HGET', KEYS[1], 'state') ~= expected then
  return 0
end
redis.call('HSET', KEYS[1], unpack(ARGV, 8))
redis.call('ZADD', KEYS[3], due, id)
local state, reason = unpack(redis.call('HMGET', KEYS[1], 'state', 'reason'))
redis.call('PUBLISH', channel, table.concat({id, state, reason, post_key}, ' '))
return 1
