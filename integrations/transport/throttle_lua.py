"""The limit scripts that run inside Redis, each as one indivisible step. Times are microseconds of Redis's clock."""

# KEYS: base of this limit's keys, epoch. Gives {"ok", 0} and takes the place, or {why, microseconds to wait}.
SLOT = """
local base, epoch = KEYS[1], KEYS[2]
local lease, cost, person = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local lanes, per_window, per_hour = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local window, hour, deadline, lease_life = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local interval, burst = tonumber(ARGV[11]), tonumber(ARGV[12])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local born = tonumber(redis.call('GET', epoch) or -1)
if born < 0 then
  born = now
  redis.call('SET', epoch, now)
end
local closed = tonumber(redis.call('GET', base .. ':closed') or 0)
if closed > now then return {'closed', closed - now} end
if lanes > 0 and born + deadline > now then return {'lost', born + deadline - now} end
if per_window > 0 and born + window > now then return {'lost', born + window - now} end

local hours = base .. ':hour:' .. string.format('%d', math.floor(now / hour))
if per_hour > 0 then
  if redis.call('EXISTS', base .. ':seeded') == 0 then return {'seed', 0} end
  if tonumber(redis.call('GET', hours) or 0) + cost > per_hour then return {'hour', hour - now % hour} end
end

local sent, pace, due = base .. ':sent', base .. ':pace', 0
if per_window > 0 then
  local oldest = redis.call('LINDEX', sent, 0)
  while oldest and tonumber(oldest) <= now - window do
    redis.call('LPOP', sent)
    oldest = redis.call('LINDEX', sent, 0)
  end
  local over = redis.call('LLEN', sent) + cost - per_window
  if over > 0 then
    local last = redis.call('LINDEX', sent, over - 1) or redis.call('LINDEX', sent, -1)
    return {'window', tonumber(last) + window - now}
  end
  due = math.max(now, tonumber(redis.call('GET', pace) or 0))
  if not person and due - burst > now then return {'pace', due - burst - now} end
end

if lanes > 0 then
  local taken, people = base .. ':lanes', base .. ':people'
  redis.call('ZREMRANGEBYSCORE', taken, '-inf', now)
  redis.call('ZREMRANGEBYSCORE', people, '-inf', now)
  local used = redis.call('ZCARD', taken)
  if person and used >= lanes then
    redis.call('ZADD', people, now + 2000000, lease)
    redis.call('PEXPIRE', people, 10000)
    return {'lanes', 0}
  end
  if not person and used + redis.call('ZCARD', people) >= lanes then return {'lanes', 0} end
  redis.call('ZREM', people, lease)
  redis.call('ZADD', taken, now + lease_life, lease)
  redis.call('PEXPIRE', taken, math.ceil(lease_life / 1000))
end
if per_window > 0 then
  for _ = 1, cost do redis.call('RPUSH', sent, now) end
  redis.call('PEXPIRE', sent, math.ceil(window / 1000))
  redis.call('SET', pace, due + interval * cost, 'PX', math.ceil(window / 1000))
end
if per_hour > 0 then
  redis.call('INCRBY', hours, cost)
  redis.call('PEXPIRE', hours, math.ceil(hour / 500))
end
return {'ok', 0}
"""

# KEYS: base. Takes one sign-in of this hour: {"ok", 0} or {why, microseconds to wait}.
LOGIN = """
local base, cap, hour = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local closed = tonumber(redis.call('GET', base .. ':closed') or 0)
if closed > now then return {'closed', closed - now} end
if redis.call('EXISTS', base .. ':seeded') == 0 then return {'seed', 0} end
local logins = base .. ':logins:' .. string.format('%d', math.floor(now / hour))
if tonumber(redis.call('GET', logins) or 0) + 1 > cap then return {'logins', hour - now % hour} end
redis.call('INCR', logins)
redis.call('PEXPIRE', logins, math.ceil(hour / 500))
return {'ok', 0}
"""

# KEYS: base. Raises this hour's counts to what the database knows of; never lowers them.
SEED = """
local base, hour = KEYS[1], tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i, name in ipairs({'hour', 'logins'}) do
  local key = base .. ':' .. name .. ':' .. string.format('%d', math.floor(now / hour))
  if tonumber(redis.call('GET', key) or 0) < tonumber(ARGV[i]) then
    redis.call('SET', key, ARGV[i], 'PX', math.ceil(hour / 500))
  end
end
redis.call('SET', base .. ':seeded', 1, 'PX', math.ceil(hour / 500))
return 1
"""

# KEYS: base. Nobody sends for ARGV[1] microseconds, or longer if that was said before.
CLOSE = """
local key, time = KEYS[1] .. ':closed', redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local till = now + tonumber(ARGV[1])
if till > tonumber(redis.call('GET', key) or 0) and till > now then
  redis.call('SET', key, till, 'PX', math.ceil((till - now) / 1000))
end
return 1
"""
