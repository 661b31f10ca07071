# aim: the same call a second time
# kind: protocol
# source: own
# ends: protocol
send(frame([66, 1, 'jobs.find', []]))
wait()
send(frame([66, 1, 'jobs.find', []]))
wait()
