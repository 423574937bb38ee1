-- Settles a job: the verdict, the index, the post's version, the next look and the job's end, all at once.
--
-- KEYS  1 mention (hash)  2 jobs (stream)  3 post (hash)  4 visible (sorted set)  5 later (sorted set)
--       6 visible of the site (sorted set)  7 numbers (counter)  8 held (sorted set)
-- ARGV  1 job entry id  2 consumer group  3 mention id  4 news channel  5 post key  6 now, ms
--       7 the state on which the verdict was founded  8 '1' if readers see the new state
--       9 when to look at the source again, ms, or '' for never
--       10 number of the values that follow and belong to the mention
--       11… fields and values of the mention, then of the post
-- Returns 1, or 0 if the job was no longer there (another worker settled it) or the mention had moved on meanwhile.
-- Guarantees: the post's version changes if and only if something that readers see has changed. Mentions are numbered in
-- the order in which readers first see them.

local entry, group, id, channel, post_key, now, expected, sees, look_again = unpack(ARGV, 1, 9)
local mention_values = tonumber(ARGV[10])
local unseen = {asked_at = true, checked_at = true, failing_since = true, attempts = true, detail = true, seen_at = true}

if redis.call('XACK', KEYS[2], group, entry) == 0 then
  return 0
end
redis.call('XDEL', KEYS[2], entry)
if redis.call('HGET', KEYS[1], 'state') ~= expected then
  return 0
end

local function write(key, first, last)
  local changed = false
  for i = first, last, 2 do
    local field, value = ARGV[i], ARGV[i + 1]
    if not unseen[field] and (redis.call('HGET', key, field) or '') ~= value then
      changed = true
    end
    redis.call('HSET', key, field, value)
  end
  return changed
end

local was_seen = redis.call('ZSCORE', KEYS[4], id)
local mention_changed = write(KEYS[1], 11, 10 + mention_values)
local post_changed = write(KEYS[3], 11 + mention_values, #ARGV)
if sees == '1' then
  local received_at, number = unpack(redis.call('HMGET', KEYS[1], 'received_at', 'number'))
  redis.call('ZADD', KEYS[4], received_at, id)
  redis.call('ZADD', KEYS[6], received_at, id)
  if not number then
    redis.call('HSET', KEYS[1], 'number', redis.call('INCR', KEYS[7]))
  end
else
  redis.call('ZREM', KEYS[4], id)
  redis.call('ZREM', KEYS[6], id)
end
if redis.call('HGET', KEYS[1], 'state') == 'held' then
  redis.call('ZADD', KEYS[8], redis.call('HGET', KEYS[1], 'received_at'), id)
else
  redis.call('ZREM', KEYS[8], id)
end
if look_again == '' then
  redis.call('ZREM', KEYS[5], id)
else
  redis.call('ZADD', KEYS[5], look_again, id)
end

if post_changed or (mention_changed and (was_seen or sees == '1')) then
  redis.call('HINCRBY', KEYS[3], 'version', 1)
  redis.call('HSET', KEYS[3], 'changed_at', now)
end
local state, reason = unpack(redis.call('HMGET', KEYS[1], 'state', 'reason'))
redis.call('PUBLISH', channel, table.concat({id, state, reason, post_key}, ' '))
return 1
