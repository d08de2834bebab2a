-- Posts signed bodies, each once: a file of lines "signature body", and the number of the first one to use.
local requests, at = {}, 0

function init(args)
   local first, place = tonumber(args[2]), 0
   for line in io.lines(args[1]) do
      if place >= first then
         local signature, body = line:match("^(%S+) (.*)$")
         local headers = { ["X-Hub-Signature-256"] = signature, ["Content-Type"] = "application/json" }
         requests[#requests + 1] = wrk.format("POST", nil, headers, body)
      end
      place = place + 1
   end
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function done(summary, latency)
   io.write(string.format(
      '\n{"requests": %d, "refused": %d, "seconds": %f, "p99": %f, "unanswered": %d}\n',
      summary.requests, summary.errors.status, summary.duration / 1e6, latency:percentile(99) / 1000,
      summary.errors.timeout + summary.errors.read + summary.errors.connect))
end
