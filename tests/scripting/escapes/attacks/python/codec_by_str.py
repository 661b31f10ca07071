# aim: a codec, imported by name through str()
# kind: escape
# source: pyjail (codecs)
return 'BROKEN' if str(b'a', 'idna') else None
