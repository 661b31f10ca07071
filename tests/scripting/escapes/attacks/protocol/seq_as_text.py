# aim: a number that is text
# kind: protocol
# source: own
# ends: protocol
send(frame([66, '1', 'jobs.find', []]))
wait()
