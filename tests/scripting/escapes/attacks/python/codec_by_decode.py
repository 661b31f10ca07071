# aim: a codec, imported by name through decode
# kind: escape
# source: pyjail (codecs)
return 'BROKEN' if b'a'.decode('idna') else None
