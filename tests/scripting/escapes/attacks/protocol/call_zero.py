# aim: a number before the first
# kind: protocol
# source: own
# ends: protocol
send(frame([66, 0, 'jobs.find', []]))
wait()
