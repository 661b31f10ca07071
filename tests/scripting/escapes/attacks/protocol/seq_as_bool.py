# aim: a number that is true
# kind: protocol
# source: own
# ends: protocol
send(frame([66, True, 'jobs.find', []]))
wait()
