# aim: a call after the run's end
# kind: protocol
# source: own
# ends: protocol
send(frame([67, 1]) + frame([66, 1, 'jobs.cancel', ['J1']]))
wait()
