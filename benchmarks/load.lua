-- Asks for the paths of a file, one after the other; `@` in a path is replaced by a number that
-- never comes twice. Stops when all have been asked for, if told to (`once`).
local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long microseconds; } timeval;
  int gettimeofday(timeval *time, void *zone);
]]
local clock = ffi.new("timeval")
local paths, at, number, once, accept, the_thread = {}, 0, 0, false, "*/*", nil
first, last = 0, 0

local function now()
  ffi.C.gettimeofday(clock, nil)
  return tonumber(clock.seconds) * 1e6 + tonumber(clock.microseconds)
end

function setup(thread)
  the_thread = thread
end

function init(args)
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  accept = args[2]
  once = args[3] == "once"
  number = tonumber(args[4])
end

function request()
  at, number = at + 1, number + 1
  if at > #paths then
    at = 1
    if once then wrk.thread:stop() end
  end
  last = now()
  if first == 0 then first = last end
  local path = string.gsub(paths[at], "@", tostring(number))
  return wrk.format("GET", path, { ["Accept"] = accept })
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d}\n',
    summary.requests, the_thread:get("last") - the_thread:get("first"),
    latency:percentile(50), latency:percentile(99), failed))
end
