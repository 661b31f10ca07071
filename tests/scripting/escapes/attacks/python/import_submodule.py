# aim: a submodule that drags codecs along
# kind: escape
# source: RestrictedPython docs (allow-listed modules)
import json.decoder
return 'BROKEN' if json.decoder.scanner else None
