# aim: NaN, which jsonb does not take
# kind: protocol
# source: own
# ends: protocol
send(frame([66, 1, 'jobs.find', [float('nan')]]))
wait()
