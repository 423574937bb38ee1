-- Takes in a comment, unless the same was sent a moment ago.
--
-- KEYS  1 comment (hash)  2 double (string)  3 post (hash)  4 comments (sorted set)  5 comments of the site (sorted set)
--       6 held (sorted set)  7 numbers (counter)
-- ARGV  1 comment id  2 now, ms  3 '1' if readers see it  4 '1' if it waits for the owner  5 news channel  6 post key
--       7 for how long the same is the same, s  8… fields and values of the comment
-- Returns the id of the comment: this one's, or that of the same sent before.
-- Guarantees: the post's version changes if and only if something that readers see has changed.

local id, now, sees, waits, channel, post_key, span = unpack(ARGV, 1, 7)

local before = redis.call('GET', KEYS[2])
if before then
  return before
end
redis.call('SET', KEYS[2], id, 'EX', span)
redis.call('HSET', KEYS[1], unpack(ARGV, 8))
if waits == '1' then
  redis.call('ZADD', KEYS[6], now, id)
end
if sees == '1' then
  redis.call('HSET', KEYS[1], 'number', redis.call('INCR', KEYS[7]))
  redis.call('ZADD', KEYS[4], now, id)
  redis.call('ZADD', KEYS[5], now, id)
  redis.call('HINCRBY', KEYS[3], 'version', 1)
  redis.call('HSET', KEYS[3], 'changed_at', now)
  redis.call('PUBLISH', channel, post_key)
end
return id
