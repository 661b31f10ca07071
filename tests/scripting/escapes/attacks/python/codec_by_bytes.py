# aim: a codec, imported by name through bytes()
# kind: escape
# source: own, found by this corpus
return 'BROKEN' if bytes('a', 'idna') else None
