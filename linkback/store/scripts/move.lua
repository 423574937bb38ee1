-- Moves a comment or mention to another state, or changes its words, because a person said so.
--
-- KEYS  1 record (hash)  2 visible of the post (sorted set)  3 visible of the site (sorted set)  4 held (sorted set)
--       5 post (hash)  6 numbers (counter)  7 actions (stream)  8 writers (set)
-- ARGV  1 id  2 now, ms  3 '1' if readers see it now  4 '1' if it waits for the owner now  5 news channel  6 post key
--       7 who did it  8 what was done  9 the state on which that was founded  10… fields and values of the record
-- Returns 1, or 0 if the record is no more, or has moved on meanwhile.
-- Guarantees: the action is written down with what it did. The writer of an approved comment is known from then on.

local id, now, sees, waits, channel, post_key, who, what, expected = unpack(ARGV, 1, 9)

if redis.call('HGET', KEYS[1], 'state') ~= expected then
  return 0
end
redis.call('HSET', KEYS[1], unpack(ARGV, 10))
local received_at, number, writer = unpack(redis.call('HMGET', KEYS[1], 'received_at', 'number', 'writer'))

if sees == '1' then
  if not number then
    redis.call('HSET', KEYS[1], 'number', redis.call('INCR', KEYS[6]))
  end
  redis.call('ZADD', KEYS[2], received_at, id)
  redis.call('ZADD', KEYS[3], received_at, id)
  if writer and writer ~= '' then
    redis.call('SADD', KEYS[8], writer)
  end
else
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
end
if waits == '1' then
  redis.call('ZADD', KEYS[4], received_at, id)
else
  redis.call('ZREM', KEYS[4], id)
end
redis.call('HINCRBY', KEYS[5], 'version', 1)
redis.call('HSET', KEYS[5], 'changed_at', now)
redis.call('XADD', KEYS[7], 'MAXLEN', '~', 10000, '*', 'at', now, 'who', who, 'what', what, 'item', id)
redis.call('PUBLISH', channel, post_key)
return 1
