# aim: an address in the text of an error made by hand
# kind: leak
# source: own
import re
return 'BROKEN' if '0x' in str(re.error(lambda: 1, 'a', 0)) + str(re.error(lambda: 1, 'a', 0).args) else None
