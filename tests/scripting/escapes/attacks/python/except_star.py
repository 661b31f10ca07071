# aim: except*, whose groups no guard knows
# kind: escape
# source: CVE-2025-22153
try:
    raise ExceptionGroup('a', [ValueError()])
except* ValueError as e:
    x = 'BROKEN' if e.exceptions else None
return x
