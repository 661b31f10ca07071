# aim: open through json and codecs
# kind: escape
# source: RestrictedPython docs (allow-listed modules)
import json
return 'BROKEN' if json.codecs.open else None
