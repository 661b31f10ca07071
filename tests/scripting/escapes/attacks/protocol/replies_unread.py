# aim: the host's buffer, by never reading
# kind: protocol
# source: own
# ends: protocol
for n in range(1, 10 ** 6):
    send(frame([66, n, 'jobs.find', []]))
