# aim: another app, named in the call
# kind: protocol
# source: own
# ends: protocol
send(frame([66, 1, 'jobs.find', [], 'other-app']))
wait()
