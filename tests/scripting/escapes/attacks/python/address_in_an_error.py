# aim: an address in the text of the interpreter's own error
# kind: leak
# source: own
import collections
try:
    collections.deque().remove(log) if False else [].index(lambda: 1)
except ValueError as e:
    return 'BROKEN' if ' at 0x' in e.args[0] + str(e) or e.args[0].count('0x') else 'BROKEN' if hasattr(e, '__traceback__') else None
