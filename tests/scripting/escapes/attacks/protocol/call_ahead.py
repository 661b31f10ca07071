# aim: the number of another call
# kind: protocol
# source: own
# ends: protocol
send(frame([66, 2, 'jobs.find', []]))
wait()
