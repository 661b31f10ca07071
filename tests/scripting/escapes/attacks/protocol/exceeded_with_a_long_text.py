# aim: the log, by the text of a limit
# kind: protocol
# source: own
# ends: result
send(frame([69, 'result', 'x' * 1000000]))
wait()
