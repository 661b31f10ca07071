# aim: arguments that are no list
# kind: protocol
# source: own
# ends: protocol
send(frame([66, 1, 'jobs.find', {}]))
wait()
