-- One atomic step over token buckets, by the server's clock.
-- KEYS: the buckets. ARGV[1]: what to do; then for each bucket the numbers that it needs.
-- A bucket is a hash: t tokens at the moment a (seconds), p the end of a pause. One that is gone is full.

local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local EPSILON, KEPT_AFTER_PAUSE = 0.000001, 3600
local replies, argument = {}, 1

local function next_number()
    argument = argument + 1
    return tonumber(ARGV[argument])
end

local function load(key)
    local found = redis.call('HMGET', key, 't', 'a', 'p')
    return tonumber(found[1]), tonumber(found[2]), tonumber(found[3]) or 0
end

-- Lua's own conversion keeps 14 digits of a number; a moment needs 16.
local function save(key, tokens, pause, seconds_kept)
    redis.call('HSET', key, 't', string.format('%.9f', tokens), 'a', string.format('%.6f', now),
        'p', string.format('%.6f', pause))
    redis.call('PEXPIRE', key, math.ceil(1000 * math.max(seconds_kept, pause - now)) + 1000)
end

local function refilled(key, rate, burst)
    local tokens, at, pause = load(key)
    if not tokens then return burst, 0 end
    return math.min(burst, tokens + math.max(0, now - at) * rate), pause
end

local function read_wishes()
    local wishes = {}
    for i, key in ipairs(KEYS) do
        wishes[i] = {key = key, rate = next_number(), burst = next_number(), want = next_number(), reserve = next_number()}
    end
    return wishes
end

local function offer(wish)
    local tokens, pause = refilled(wish.key, wish.rate, wish.burst)
    local granted = math.min(wish.want, math.max(0, math.floor(tokens - wish.reserve + EPSILON)))
    if pause > now then granted = 0 end
    return granted, tokens, pause
end

local function serve(wish, most)
    local granted, tokens, pause = offer(wish)
    granted = math.min(granted, most)
    tokens = tokens - granted
    save(wish.key, tokens, pause, (wish.burst - tokens) / wish.rate)
    table.insert(replies, {granted, string.format('%.9f', tokens), string.format('%.6f', math.max(0, pause - now))})
end

local steps = {}

function steps.take()
    for _, wish in ipairs(read_wishes()) do serve(wish, math.huge) end
end

function steps.take_same()
    local wishes, smallest = read_wishes(), math.huge
    for _, wish in ipairs(wishes) do smallest = math.min(smallest, (offer(wish))) end
    for _, wish in ipairs(wishes) do serve(wish, smallest) end
end

function steps.charge()
    for _, wish in ipairs(read_wishes()) do
        local tokens, pause = refilled(wish.key, wish.rate, wish.burst)
        tokens = math.max(0, tokens - wish.want)
        save(wish.key, tokens, pause, (wish.burst - tokens) / wish.rate)
    end
end

function steps.give_back()
    for _, key in ipairs(KEYS) do
        local given = next_number()
        if redis.call('EXISTS', key) == 1 then redis.call('HINCRBYFLOAT', key, 't', given) end
    end
end

function steps.pause()
    for _, key in ipairs(KEYS) do
        local _, _, pause = load(key)
        pause = math.max(pause, now + next_number())
        save(key, 0, pause, pause - now + KEPT_AFTER_PAUSE)
    end
end

function steps.paused()
    for i, key in ipairs(KEYS) do
        local _, _, pause = load(key)
        replies[i] = string.format('%.6f', math.max(0, pause - now))
    end
end

steps[ARGV[1]]()
return replies
