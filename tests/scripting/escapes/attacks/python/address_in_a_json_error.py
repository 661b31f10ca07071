# aim: an address in the text of an error made by hand
# kind: leak
# source: own
import json
return 'BROKEN' if '0x' in json.JSONDecodeError(log, '', 0).args[0] else None
