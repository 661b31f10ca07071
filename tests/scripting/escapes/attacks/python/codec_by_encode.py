# aim: a codec, imported by name through encode
# kind: escape
# source: pyjail (codecs)
return 'BROKEN' if 'a'.encode('idna') else None
