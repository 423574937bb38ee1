-- Ends a job: writes what it brought, and plans the next one about the same item.
--
-- KEYS  1 record (hash)  2 jobs (stream)  3 later (sorted set)
-- ARGV  1 job entry id  2 consumer group  3 item  4 when to do it again, ms, or '' for never
--       5… fields and values of the record
-- Returns 1, or 0 if the job was no longer there (another worker ended it).
-- Guarantees: what was planned sooner meanwhile, because of something new, stays planned.

if redis.call('XACK', KEYS[2], ARGV[2], ARGV[1]) == 0 then
  return 0
end
redis.call('XDEL', KEYS[2], ARGV[1])
if #ARGV > 4 then
  redis.call('HSET', KEYS[1], unpack(ARGV, 5))
end
if ARGV[4] ~= '' then
  redis.call('ZADD', KEYS[3], 'LT', ARGV[4], ARGV[3])
end
return 1
