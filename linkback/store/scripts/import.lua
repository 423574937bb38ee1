-- Takes over a comment or mention from another system, unless it is there already.
--
-- KEYS  1 record (hash)  2 visible of the post (sorted set)  3 visible of the site (sorted set)  4 held (sorted set)
--       5 post (hash)  6 numbers (counter)  7 later (sorted set)
-- ARGV  1 id  2 when it arrived, ms  3 '1' if readers see it  4 '1' if it waits for the owner  5 news channel
--       6 post key  7 now, ms  8 when to look at its source, ms, or '' for never  9 the post's address  10 its title
--       11… fields and values of the record
-- Returns 1, or 0 if it was there.
-- Guarantees: what is known of the post already stays.

local id, received_at, sees, waits, channel, post_key, now, look_at, url, title = unpack(ARGV, 1, 10)

if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], unpack(ARGV, 11))
if waits == '1' then
  redis.call('ZADD', KEYS[4], received_at, id)
end
if look_at ~= '' then
  redis.call('ZADD', KEYS[7], look_at, id)
end
if sees == '1' then
  redis.call('HSET', KEYS[1], 'number', redis.call('INCR', KEYS[6]))
  redis.call('ZADD', KEYS[2], received_at, id)
  redis.call('ZADD', KEYS[3], received_at, id)
  redis.call('HSETNX', KEYS[5], 'url', url)
  if title ~= '' then
    redis.call('HSETNX', KEYS[5], 'title', title)
  end
  redis.call('HINCRBY', KEYS[5], 'version', 1)
  redis.call('HSET', KEYS[5], 'changed_at', now)
  redis.call('PUBLISH', channel, post_key)
end
return 1
