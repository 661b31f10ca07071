# aim: a call in the name of the next run, by a generator that outlives its own
# kind: tamper
# source: own, found by this corpus
def late():
    try:
        yield 1
    finally:
        log('BROKEN')
def keep():
    g = late()
    next(g)
    ring = [g]
    ring.append(ring)
if params['turn'] == 1:
    keep()
    return None
[[n] for n in range(5000)]
return None
