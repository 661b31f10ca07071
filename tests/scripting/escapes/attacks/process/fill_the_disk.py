# aim: the disk
# kind: exhaust
# source: own
# ends: threw
with open('@MARK@', 'wb') as file:
    while True:
        file.write(b'x' * 1000000)
