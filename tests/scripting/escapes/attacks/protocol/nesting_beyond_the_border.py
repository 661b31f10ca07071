# aim: values deeper than the border allows
# kind: protocol
# source: own
# ends: protocol
value = 1
for n in range(300):
    value = [value]
send(frame([67, value]))
wait()
