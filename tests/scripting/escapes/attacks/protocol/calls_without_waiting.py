# aim: two calls in one turn
# kind: protocol
# source: own
# ends: protocol
send(frame([66, 1, 'jobs.find', []]) + frame([66, 2, 'jobs.find', []]))
wait()
