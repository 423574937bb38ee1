-- Receives a ping: writes the mention and its job, unless the mention is there already.
--
-- KEYS  1 mention (hash)  2 jobs (stream)  3 later (sorted set)
-- ARGV  1 mention id  2 now, ms  3 look again at a source that was neither looked at nor asked for since, ms
--       4 states that a new ping replaces, as ",state,state,", unless the owner has decided so  5… the mention's fields and values
-- Returns {'new' or 'known', state, reason}. 'new' means that a look at the source is under way because of this call.
-- Guarantees: a mention that is 'queued' has one job, in the stream or in `later`.

local id, now, look_again_before, replaced = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local state, reason, checked_at, asked_at =
  unpack(redis.call('HMGET', KEYS[1], 'state', 'reason', 'checked_at', 'asked_at'))

local function queue()
  redis.call('XADD', KEYS[2], '*', 'item', id)
end

local is_replaced = state and reason ~= 'by_owner' and string.find(replaced, ',' .. state .. ',', 1, true)
if not state or is_replaced then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], unpack(ARGV, 5))
  queue()
  return {'new', 'queued', 'waiting'}
end

if state == 'queued' then
  if redis.call('ZREM', KEYS[3], id) == 1 then
    queue()
    return {'new', state, reason}
  end
  return {'known', state, reason}
end

local last = math.max(tonumber(checked_at) or 0, tonumber(asked_at) or 0)
if last < tonumber(look_again_before) then
  redis.call('HSET', KEYS[1], 'asked_at', now)
  queue()
end
return {'known', state, reason}
