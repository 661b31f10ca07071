# aim: the history, by the texts of an error
# kind: protocol
# source: own
# ends: threw
send(frame([68, 'x' * 100000, 'x' * 100000, {}, 'p' * 100000, 1, 1, 'q' * 100000, 's' * 100000]))
wait()
