# aim: the error behind an error
# kind: escape
# source: own
try:
    try:
        1 / 0
    finally:
        [].x
except Exception as e:
    return 'BROKEN' if e.__context__ else None
