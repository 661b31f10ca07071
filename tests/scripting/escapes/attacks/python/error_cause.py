# aim: the host's error behind a refusal
# kind: leak
# source: own
try:
    raise ValueError(1) from KeyError(2)
except Exception as e:
    return 'BROKEN' if e.__cause__ else None
