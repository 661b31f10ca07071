# aim: a name that is no text
# kind: protocol
# source: own
# ends: protocol
send(frame([66, 1, b'jobs.find', []]))
wait()
