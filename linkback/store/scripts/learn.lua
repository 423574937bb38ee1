-- Takes in what the blog's feed says of a post, and plans its announcement if that is new.
--
-- KEYS  1 announcement (hash)  2 post (hash)  3 later (sorted set)
-- ARGV  1 post key  2 digest of what the feed says  3 '1' if the world is to be told  4 now, ms  5 news channel
--       6 number of the values that follow and belong to the announcement
--       7… fields and values of the announcement, then of the post
-- Returns 1 if this was new, else 0.
-- Guarantees: the post's version changes if and only if something that readers see has changed.

local post_key, digest, tells, now, channel = unpack(ARGV, 1, 5)
local announcement_values = tonumber(ARGV[6])

if redis.call('HGET', KEYS[1], 'digest') == digest then
  return 0
end
redis.call('HSET', KEYS[1], 'digest', digest, unpack(ARGV, 7, 6 + announcement_values))

local changed = false
for i = 7 + announcement_values, #ARGV, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  if field ~= 'seen_at' and (redis.call('HGET', KEYS[2], field) or '') ~= value then
    changed = true
  end
  redis.call('HSET', KEYS[2], field, value)
end
if changed then
  redis.call('HINCRBY', KEYS[2], 'version', 1)
  redis.call('HSET', KEYS[2], 'changed_at', now)
  redis.call('PUBLISH', channel, post_key)
end
if tells == '1' then
  redis.call('ZADD', KEYS[3], 'LT', now, post_key)
end
return 1
