-- Gives a job that was begun but not finished back to the stream, for another worker to take at once.
--
-- KEYS  1 jobs (stream)
-- ARGV  1 job entry id  2 consumer group  3 item
-- Returns 1, or 0 if the job was no longer there.

if redis.call('XACK', KEYS[1], ARGV[2], ARGV[1]) == 0 then
  return 0
end
redis.call('XDEL', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[1], '*', 'item', ARGV[3])
return 1
